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
  /** A reservation is replaced by what was really spent once `settles` names it. */
  kind: 'reserved' | 'spent';
  /** Id of the reservation that this entry settles. */
  settles: string | null;
}

export interface LedgerStore {
  append(entry: LedgerEntry): Promise<void>;
  /**
   * Adds a reservation only if the total since `since` (spent, and reserved but not settled) stays within `capUsd`. Atomic over workers.
   */
  reserve(entry: LedgerEntry, limits: { since: number; capUsd: number }): Promise<boolean>;
  /** Spent plus unsettled reservations since a moment. */
  total(query: { since: number; jobId?: string }): Promise<{ usd: number; tokens: number }>;
  entries(jobId: string): Promise<LedgerEntry[]>;
}
