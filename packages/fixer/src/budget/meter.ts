// The meter of one attempt: writes down what it costs while it runs, so that a killed run still costs what it cost.
import type { AgentUsage } from '../ports/coding-agent.js';
import type { LedgerEntry, LedgerStore } from '../ports/ledger-store.js';

export class Meter {
  readonly #ledger: Pick<LedgerStore, 'append'>;
  readonly #hold: LedgerEntry;
  readonly #now: () => number;
  /** Includes what is not written yet. */
  #counted = { usd: 0, tokens: 0 };
  #seen: AgentUsage = { usd: null, tokens: 0 };
  #parts = 0;
  readonly #unwritten: LedgerEntry[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(ledger: Pick<LedgerStore, 'append'>, hold: LedgerEntry, now: () => number) {
    this.#ledger = ledger;
    this.#hold = hold;
    this.#now = now;
  }

  /** The most that was seen; the price is null until the agent has said one. */
  get seen(): AgentUsage {
    return this.#seen;
  }

  /** Takes cumulative usage as it is streamed. */
  see({ usd, tokens }: AgentUsage): void {
    const known = this.#seen.usd;
    this.#seen = {
      usd: usd === null ? known : Math.max(known ?? 0, usd),
      tokens: Math.max(this.#seen.tokens, tokens),
    };
    const total = { usd: this.#seen.usd ?? 0, tokens: this.#seen.tokens };
    // Model answers are few and dear: each is written down at once, so that a kill loses none.
    if (total.usd <= this.#counted.usd && total.tokens <= this.#counted.tokens) return;
    this.#count('streamed', `${++this.#parts}`, total);
    // A ledger that is away is written to at the next answer or at the end.
    this.#write().catch(() => {});
  }

  /** Corrects what was streamed to what the attempt cost in the end, and gives the rest of the reservation back. */
  async settle(total: { usd: number; tokens: number }): Promise<void> {
    this.#count('spent', 'end', total);
    await this.#write();
  }

  #count(kind: LedgerEntry['kind'], name: string, total: { usd: number; tokens: number }): void {
    this.#unwritten.push({
      ...this.#hold,
      id: `${this.#hold.id}/${name}`,
      at: Math.max(this.#now(), this.#hold.at),
      usd: roundUsd(total.usd - this.#counted.usd),
      tokens: total.tokens - this.#counted.tokens,
      kind,
      settles: this.#hold.id,
    });
    this.#counted = total;
  }

  #write(): Promise<void> {
    const drain = async () => {
      for (let entry = this.#unwritten[0]; entry; entry = this.#unwritten[0]) {
        await this.#ledger.append(entry);
        this.#unwritten.shift();
      }
    };
    this.#writing = this.#writing.then(drain, drain);
    return this.#writing;
  }
}

/** To a millionth of a dollar. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
