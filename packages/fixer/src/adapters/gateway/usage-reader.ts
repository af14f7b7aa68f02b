// Counts tokens in a model's answer while it passes: Anthropic Messages, OpenAI Responses and Chat Completions, streamed or whole.
import { StringDecoder } from 'node:string_decoder';
import { asObject, parseObject } from '../../domain/json-object.js';
import type { ModelUsage } from '../../ports/model-gateway.js';

type Counts = Pick<ModelUsage, 'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'outputTokens'>;

/** Rough size of a token in characters, for answers that end before they say. */
const charactersPerToken = 4;
const maxPendingLength = 8 * 1024 * 1024;

export class UsageReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #isStream: boolean;
  readonly #onChange: () => void;
  readonly #requestLength: number;
  #pending = '';
  #writtenLength = 0;
  #counts: Partial<Counts> = {};
  #isComplete = false;
  model: string | null;

  constructor(options: { isStream: boolean; requestLength: number; model: string | null; onChange: () => void }) {
    this.#isStream = options.isStream;
    this.#requestLength = options.requestLength;
    this.#onChange = options.onChange;
    this.model = options.model;
  }

  push(chunk: Buffer): void {
    this.#pending += this.#decoder.write(chunk);
    if (this.#isStream) {
      const lines = this.#pending.split('\n');
      this.#pending = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data:')) this.#read(line.slice(5));
    }
    // A line or body beyond all measure is not worth the memory: its cost is estimated.
    if (this.#pending.length > maxPendingLength) this.#pending = '';
  }

  end(): void {
    const rest = this.#pending;
    this.#pending = '';
    this.#read(this.#isStream ? rest.replace(/^data:/, '') : rest);
    if (!this.#isStream && this.#counts.outputTokens !== undefined) this.#isComplete = true;
  }

  /** Figures so far; estimated ones where the answer has not (yet) said. */
  usage(): Counts & { isEstimated: boolean } {
    const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = this.#counts;
    return {
      inputTokens: inputTokens ?? Math.ceil(this.#requestLength / charactersPerToken),
      cacheReadTokens,
      cacheWriteTokens,
      outputTokens: this.#isComplete
        ? outputTokens
        : Math.max(outputTokens, Math.ceil(this.#writtenLength / charactersPerToken)),
      isEstimated: !this.#isComplete,
    };
  }

  #read(text: string): void {
    const data = parseObject(text);
    if (!data) return;
    const type = typeof data.type === 'string' ? data.type : '';
    const inner = asObject(data.message) ?? asObject(data.response) ?? data;
    if (typeof inner.model === 'string') this.model = inner.model;
    this.#writtenLength += deltaLength(data);
    const usage = asObject(data.usage) ?? asObject(inner.usage);
    if (usage) {
      this.#counts = { ...this.#counts, ...readCounts(usage) };
      // The first event of a stream speaks of the input only; what it says of the output is a beginning.
      if (type !== 'message_start' && this.#counts.outputTokens !== undefined) this.#isComplete = true;
      this.#onChange();
    }
  }
}

function readCounts(usage: Record<string, unknown>): Partial<Counts> {
  const number = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : undefined);
  const details = asObject(usage.input_tokens_details) ?? asObject(usage.prompt_tokens_details);
  const input = number(usage.input_tokens) ?? number(usage.prompt_tokens);
  const output = number(usage.output_tokens) ?? number(usage.completion_tokens);
  const cachedPart = number(details?.cached_tokens);
  const read = number(usage.cache_read_input_tokens) ?? cachedPart;
  const written = number(usage.cache_creation_input_tokens);
  return {
    // OpenAI counts cached tokens as part of the input, Anthropic beside it.
    ...(input === undefined ? {} : { inputTokens: Math.max(0, input - (cachedPart ?? 0)) }),
    ...(read === undefined ? {} : { cacheReadTokens: read }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(output === undefined ? {} : { outputTokens: output }),
  };
}

/** Characters that the model has written in this event, whatever kind of block they belong to. */
function deltaLength(data: Record<string, unknown>): number {
  if (typeof data.delta === 'string') return data.delta.length;
  const choices = Array.isArray(data.choices) ? (data.choices as unknown[]) : [];
  const deltas = [data.delta, ...choices.map((choice) => asObject(choice)?.delta)];
  return deltas.reduce<number>((sum, delta) => {
    const { text, partial_json: json, thinking, content } = asObject(delta) ?? {};
    return (
      sum +
      [text, json, thinking, content].reduce<number>((n, part) => n + (typeof part === 'string' ? part.length : 0), 0)
    );
  }, 0);
}
