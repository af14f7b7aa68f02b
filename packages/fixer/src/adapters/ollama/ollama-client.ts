// Asks a local model over Ollama's HTTP interface: whole answers, no thinking, little chance.
import axios, { type AxiosInstance } from 'axios';
import { Fault } from '@levautofix/service-kit/fault';
import { z } from 'zod';
import { withoutPasswords } from '../../domain/without-passwords.js';

export interface OllamaAnswer {
  text: string;
  tokens: number;
  /** False when the model ran out of room before it had finished. */
  isWhole: boolean;
}

export type OllamaReply = OllamaAnswer | 'timeout';

const chatSchema = z.object({
  message: z.object({ content: z.string() }),
  done_reason: z.string().optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
});
const tagsSchema = z.object({ models: z.array(z.object({ name: z.string() })) });

export class OllamaClient {
  readonly #http: AxiosInstance;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
    // A proxy that is set for the internet has no business with a model on this machine.
    this.#http = axios.create({ baseURL: this.#url, proxy: false, maxRedirects: 0, maxContentLength: 16 * 1024 ** 2 });
  }

  /** Null when the model can be asked, else why not. */
  async checkModel(model: string): Promise<string | null> {
    try {
      const { data } = await this.#http.get<unknown>('/api/tags', { timeout: 5_000 });
      const names = tagsSchema.parse(data).models.map(({ name }) => name);
      const wanted = model.includes(':') ? model : `${model}:latest`;
      return names.includes(wanted) || names.includes(model)
        ? null
        : `Ollama does not have the model ${model}: run "ollama pull ${model}".`;
    } catch {
      return `Ollama does not answer at ${withoutPasswords(this.#url)}. Start it or set OLLAMA_URL.`;
    }
  }

  /** A cold model is loaded first, which counts towards the time. */
  async ask(options: { model: string; prompt: string; timeoutMs: number; signal: AbortSignal }): Promise<OllamaReply> {
    const { model, prompt, timeoutMs, signal } = options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const body = {
      model,
      stream: false,
      think: false,
      messages: [{ role: 'user', content: prompt }],
      // The default room cuts a long prompt without a word.
      options: { temperature: 0.1, num_ctx: roomFor(prompt) },
    };
    try {
      const { data } = await this.#http.post<unknown>('/api/chat', body, {
        signal: AbortSignal.any([deadline, signal]),
      });
      const answer = chatSchema.parse(data);
      return {
        // Some models think aloud all the same.
        text: answer.message.content.replace(/^\s*<think>[\s\S]*?<\/think>\s*/, ''),
        tokens: (answer.prompt_eval_count ?? 0) + (answer.eval_count ?? 0),
        isWhole: answer.done_reason !== 'length',
      };
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) return 'timeout';
      throw this.#fault(error, model);
    }
  }

  #fault(error: unknown, model: string): Fault {
    const status = axios.isAxiosError(error) ? error.response?.status : undefined;
    const said = axios.isAxiosError(error)
      ? (error.response?.data as { error?: unknown } | undefined)?.error
      : undefined;
    const words = typeof said === 'string' ? said.slice(0, 300) : error instanceof Error ? error.message : 'no answer';
    const isMissing = status === 404;
    return new Fault({
      code: isMissing ? 'agent_model_missing' : 'agent_overloaded',
      message: withoutPasswords(`Ollama at ${this.#url} did not answer: ${words}`),
      remedy: isMissing
        ? `Run "ollama pull ${model}" or set OLLAMA_MODEL.`
        : 'Check that Ollama runs; the job waits and tries again by itself.',
      isRetryable: !isMissing && status !== 400,
    });
  }
}

const [charactersPerToken, answerTokens, maxTokens] = [3, 8_192, 65_536];

function roomFor(prompt: string): number {
  return Math.min(maxTokens, Math.ceil(prompt.length / charactersPerToken) + answerTokens);
}
