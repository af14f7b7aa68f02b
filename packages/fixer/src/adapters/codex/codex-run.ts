// What one run of Codex has said so far. Unknown events are ignored: the format grows with each release.
import { z } from 'zod';
import type { AgentUsage } from '../../ports/coding-agent.js';
import type { ModelUsage } from '../../ports/model-gateway.js';
import { listPrices, type TokenPrices } from './list-prices.js';

const count = z.number().nonnegative().catch(0).default(0);
const eventSchema = z.union([
  z.object({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.object({
    type: z.literal('item.completed'),
    item: z.looseObject({ type: z.string(), text: z.string().optional(), command: z.string().optional() }),
  }),
  z.object({
    type: z.literal('turn.completed'),
    usage: z.object({ input_tokens: count, cached_input_tokens: count, output_tokens: count }),
  }),
  z.object({ type: z.literal('turn.failed'), error: z.object({ message: z.string() }) }),
  z.object({ type: z.literal('error'), message: z.string() }),
]);

export class CodexRun {
  threadId: string | null;
  /** What the agent said last. */
  lastWords = '';
  failure: string | null = null;
  isComplete = false;
  readonly #prices: TokenPrices | undefined;
  readonly #model: string | null;
  #said = { input: 0, cached: 0, output: 0 };
  readonly #requests = new Map<number, ModelUsage>();

  /** Without `prices` the list prices of the model count. */
  constructor(threadId: string | null, model: string | null, prices: TokenPrices | undefined) {
    this.threadId = threadId;
    this.#model = model;
    this.#prices = prices;
  }

  /** Answers a line of progress, where there is one. */
  read(line: string): string | null {
    const event = parse(line);
    switch (event?.type) {
      case 'thread.started':
        this.threadId = event.thread_id;
        return null;
      case 'turn.completed': {
        const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = event.usage;
        this.#said = {
          input: this.#said.input + input - cached,
          cached: this.#said.cached + cached,
          output: this.#said.output + output,
        };
        this.isComplete = true;
        return null;
      }
      case 'turn.failed':
        this.failure = event.error.message;
        return null;
      case 'error':
        this.failure ??= event.message;
        return null;
      case 'item.completed':
        return this.#readItem(event.item);
      default:
        return null;
    }
  }

  /** What the gateway saw of one request, cumulative. */
  readRequest(seen: ModelUsage): void {
    this.#requests.set(seen.request, seen);
  }

  /** Of this run: what the agent said at its end or what the gateway saw, whichever is more. */
  get usage(): AgentUsage {
    const seen = { input: 0, cached: 0, output: 0 };
    for (const request of this.#requests.values()) {
      seen.input += request.inputTokens + request.cacheWriteTokens;
      seen.cached += request.cacheReadTokens;
      seen.output += request.outputTokens;
    }
    const total = (counts: typeof seen) => counts.input + counts.cached + counts.output;
    const counts = total(seen) > total(this.#said) ? seen : this.#said;
    const seenModel = [...this.#requests.values()].at(-1)?.model ?? null;
    const { input, cachedInput, output } = this.#prices ?? listPrices(seenModel ?? this.#model);
    const usd = (counts.input * input + counts.cached * cachedInput + counts.output * output) / 1_000_000;
    return { usd: Math.round(usd * 1e6) / 1e6, tokens: total(counts) };
  }

  #readItem(item: {
    type: string;
    text?: string | undefined;
    command?: string | undefined;
    changes?: unknown;
  }): string | null {
    if (item.type === 'agent_message') this.lastWords = item.text ?? '';
    if (item.type === 'command_execution') return `run ${item.command ?? ''}`;
    if (item.type !== 'file_change' || !Array.isArray(item.changes)) return null;
    return `edit ${item.changes.map((change: { path?: unknown }) => String(change.path)).join(', ')}`;
  }
}

function parse(line: string): z.infer<typeof eventSchema> | null {
  if (!line.startsWith('{')) return null;
  try {
    const parsed = eventSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
