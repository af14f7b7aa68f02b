// What one run of Claude Code has said so far: its result, and what it used even when it is killed before the result.
import type { AgentUsage } from '../../ports/coding-agent.js';
import type { ModelUsage } from '../../ports/model-gateway.js';
import { type ClaudeResult, type ClaudeUsage, parseClaudeEvent } from './claude-events.js';
import { listInputPrice } from './list-prices.js';

/** US dollars per million input tokens, by model. */
export type InputPrices = Map<string, number>;

interface MessageUsage {
  model: string;
  usage: ClaudeUsage;
}

export class ClaudeRun {
  result: ClaudeResult | null = null;
  sessionId: string | null = null;
  /** Moment a usage limit opens again, in milliseconds since the epoch, where it was stated. */
  limitResetsAt: number | null = null;
  readonly #messages = new Map<string, MessageUsage>();
  readonly #requests = new Map<number, MessageUsage>();
  #current: MessageUsage | null = null;
  readonly #prices: InputPrices;

  /** `prices` holds what runs have said so far; this one adds to it. */
  constructor(prices: InputPrices) {
    this.#prices = prices;
  }

  /** Answers the tool uses of the line, for progress. */
  read(line: string): { name: string; input: Record<string, unknown> }[] {
    const event = parseClaudeEvent(line);
    if (!event) return [];
    if (event.type === 'result') {
      this.result = event;
      this.sessionId ??= event.session_id ?? null;
      this.#learnPrices(event);
    } else if (event.type === 'system') {
      this.sessionId = event.session_id;
    } else if (event.type === 'rate_limit_event') {
      const { resetsAt } = event.rate_limit_info;
      if (resetsAt !== undefined) this.limitResetsAt = resetsAt * 1_000;
    } else if (event.type === 'assistant') {
      this.#count(event.message.id, event.message.model, event.message.usage);
      return event.message.content.filter((block) => block.type === 'tool_use') as unknown as ReturnType<this['read']>;
    } else if (event.event.type === 'message_start') {
      this.#count(event.event.message.id, event.event.message.model, event.event.message.usage);
    } else if (this.#current) {
      // The start of a message states only its first tokens; the end states them all.
      grow(this.#current.usage, event.event.usage);
    }
    return [];
  }

  /** What the gateway saw of one request, cumulative. */
  readRequest(seen: ModelUsage): void {
    this.#requests.set(seen.request, {
      model: seen.model ?? 'unknown',
      usage: {
        input_tokens: seen.inputTokens,
        output_tokens: seen.outputTokens,
        cache_creation_input_tokens: seen.cacheWriteTokens,
        cache_read_input_tokens: seen.cacheReadTokens,
      },
    });
  }

  /** Of this run alone: what the agent said or what the gateway saw, whichever is more. */
  get usage(): AgentUsage {
    const [said, seen] = [this.#sum(this.#messages.values()), this.#sum(this.#requests.values())];
    return seen.tokens > said.tokens ? seen : said;
  }

  #sum(messages: Iterable<MessageUsage>): { usd: number; tokens: number } {
    let [usd, tokens] = [0, 0];
    for (const { model, usage } of messages) {
      usd += (weightedTokens(usage) * (this.#prices.get(model) ?? listInputPrice(model))) / 1_000_000;
      for (const count of Object.values(usage)) tokens += count;
    }
    return { usd: Math.round(usd * 1e6) / 1e6, tokens };
  }

  /** One message comes as several events, one for each of its blocks, all with the same usage. */
  #count(id: string, model: string, usage: ClaudeUsage | undefined): void {
    const known = this.#messages.get(id);
    const entry = known ?? {
      model,
      usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    };
    grow(entry.usage, usage ?? {});
    this.#messages.set(id, entry);
    this.#current = entry;
  }

  #learnPrices(result: ClaudeResult): void {
    for (const [model, used] of Object.entries(result.modelUsage)) {
      const weighted = weightedTokens({
        input_tokens: used.inputTokens,
        output_tokens: used.outputTokens,
        cache_creation_input_tokens: used.cacheCreationInputTokens,
        cache_read_input_tokens: used.cacheReadInputTokens,
      });
      if (weighted > 0) this.#prices.set(model, (used.costUSD / weighted) * 1_000_000);
    }
  }
}

/** In units of one input token, by the ratios of Anthropic's price list: output 5, cache write 1.25, cache read 0.1. */
function weightedTokens(usage: ClaudeUsage): number {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  return input_tokens + 5 * output_tokens + 1.25 * cache_creation_input_tokens + 0.1 * cache_read_input_tokens;
}

function grow(usage: ClaudeUsage, seen: { [key in keyof ClaudeUsage]?: number | undefined }): void {
  for (const key of Object.keys(usage) as (keyof ClaudeUsage)[]) usage[key] = Math.max(usage[key], seen[key] ?? 0);
}
