// The queue: jobs, their leases and their history.
import type { JobState } from '@levautofix/contract/job-state';
import type { HistoryEntry, Job } from '../domain/job.js';

export interface JobStore {
  /** Adds a job unless one of the same service and fingerprint is still open, which is then answered instead. */
  open(job: Job): Promise<{ job: Job; isNew: boolean }>;
  get(id: string): Promise<Job | null>;
  /** The open job whose approval request carries this nonce. */
  findByNonce(nonce: string): Promise<Job | null>;
  /** All jobs of one service and fingerprint, newest first. */
  listByFingerprint(service: string, fingerprint: string): Promise<Job[]>;
  /** Newest first. `after` is the `next` of the page before. */
  list(query: { state?: JobState; limit: number; after?: string }): Promise<{ items: Job[]; next: string | null }>;
  /** All jobs that have not ended. */
  listOpen(): Promise<Job[]>;
  /**
   * Takes the most severe, then oldest, due job: not terminal, `notBefore` reached, and not leased, or leased by a worker that is gone
   * (its lease ran out, or it was this very worker id before a restart: a worker holds one job at a time). Sets the lease, raises fence
   * and version by one, and raises `crashes` when it takes over a lease. Atomic: two workers never get the same job.
   */
  claim(worker: { id: string; now: number; leaseMs: number }): Promise<Job | null>;
  /** Prolongs the lease of a claimed job without a history row; false when the fence is no longer ours. */
  renewLease(job: Pick<Job, 'id' | 'fence'>, leasedUntil: number): Promise<boolean>;
  /** Frees a claimed job without a transition, so that another worker may take it at once. */
  release(job: Pick<Job, 'id' | 'fence'>): Promise<void>;
  /**
   * Writes `next` and its history row in one step, if the stored job still has the version and fence of `previous`.
   * False when it has not: somebody else wrote first and nothing was changed.
   */
  save(previous: Pick<Job, 'id' | 'version' | 'fence'>, next: Job, entry: HistoryEntry): Promise<boolean>;
  /** Oldest first. */
  history(jobId: string): Promise<HistoryEntry[]>;
  /** Earliest moment at which a job becomes due without anything else happening; null when none will. */
  nextDueAt(now: number): Promise<number | null>;
}
