// An append-only account of what agents cost, in US dollars and tokens; caps are checked against it.

export interface LedgerEntry {
  /** Unique, so that writing the same entry twice counts once. */
  id: string;
  jobId: string;
  attempt: number;
  rung: string;
  at: number;
  usd: number;
  tokens: number;
  /**
   * `reserved`: held for an attempt. `streamed`: a part of it, spent while the attempt runs. `spent`: the rest, at its end; what the
   * reservation still held is free then. A correction of what was streamed may be negative.
   */
  kind: 'reserved' | 'streamed' | 'spent';
  /** Id of the reservation that this was spent from. */
  settles: string | null;
}

export interface LedgerTotal {
  usd: number;
  /** The part of `usd` that is not spent but held. */
  heldUsd: number;
  tokens: number;
}

export interface LedgerStore {
  append(entry: LedgerEntry): Promise<void>;
  /**
   * Adds a reservation only if the total since `since` stays within `capUsd`. Atomic over workers.
   */
  reserve(entry: LedgerEntry, limits: { since: number; capUsd: number }): Promise<boolean>;
  /** Spent since a moment, plus what reservations made since then still hold. */
  total(query: { since: number; jobId?: string }): Promise<LedgerTotal>;
  /** Oldest first. */
  entries(jobId: string): Promise<LedgerEntry[]>;
}
