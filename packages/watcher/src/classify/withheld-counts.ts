// Remembers occurrences that were too few to relay, so that the next report of the same error carries them.
import type { Fingerprint } from '@levautofix/contract/fingerprint';

export interface Withheld {
  fingerprint: Fingerprint;
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
}

const maxEntries = 5_000;
/** Errors further apart than this are not added up. */
const memoryMs = 24 * 60 * 60_000;

export class WithheldCounts {
  readonly #entries: Map<Fingerprint, Withheld>;

  constructor(entries: readonly Withheld[] = []) {
    this.#entries = new Map(entries.map((entry) => [entry.fingerprint, entry]));
  }

  /** What was held back of this error and is still fresh; null where there is nothing. */
  peek(fingerprint: Fingerprint, now: number): Withheld | null {
    const entry = this.#entries.get(fingerprint);
    return entry && now - entry.lastSeenAt <= memoryMs ? entry : null;
  }

  hold(entry: Withheld, now: number): void {
    const before = this.peek(entry.fingerprint, now);
    this.#entries.delete(entry.fingerprint);
    this.#entries.set(entry.fingerprint, {
      ...entry,
      count: entry.count + (before?.count ?? 0),
      firstSeenAt: Math.min(entry.firstSeenAt, before?.firstSeenAt ?? entry.firstSeenAt),
    });
    // Insertion order is age, because an entry that is touched moves to the end.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  release(fingerprint: Fingerprint): void {
    this.#entries.delete(fingerprint);
  }

  state(): Withheld[] {
    return [...this.#entries.values()];
  }
}
