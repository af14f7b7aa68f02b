// Drains the spool to the fixer in order: batches, retries with backoff, and what the fixer refuses is set aside.
import { Fault } from '@levautofix/service-kit/fault';
import { backoffMs } from '@levautofix/service-kit/retry';
import type { ReportSink } from '../ports/report-sink.js';
import type { ReportSpool, SpooledReport } from '../ports/report-spool.js';
import { fitBatch } from './fit-batch.js';

export interface RelayOptions {
  spool: ReportSpool;
  sink: ReportSink;
  now: () => number;
  /** Resolves after that many milliseconds, or rejects when the signal fires. */
  wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  maxBatchReports?: number;
  onEvent: (event: RelayEvent) => void;
}

export type RelayEvent =
  | { kind: 'delivered'; reports: number; duplicates: number }
  | { kind: 'refused'; sequence: number; reason: string }
  | { kind: 'failed'; attempt: number; retryInMs: number; fault: unknown };

const backoffBaseMs = 1_000;
const backoffCapMs = 60_000;

export interface RelayStats {
  delivered: number;
  duplicates: number;
  refused: number;
  failures: number;
  /** Failures since the last success; 0 while the fixer answers. */
  failuresInARow: number;
  deliveredAt: number | null;
}

export class Relay {
  readonly #options: Required<RelayOptions>;
  readonly #stopping = new AbortController();
  readonly #stats: RelayStats = {
    delivered: 0,
    duplicates: 0,
    refused: 0,
    failures: 0,
    failuresInARow: 0,
    deliveredAt: null,
  };
  #running: Promise<void> | null = null;
  /** The batch under way; null while there is nothing to send or the next try is waited for. */
  #sending: Promise<boolean> | null = null;
  #hasNews = false;

  constructor(options: RelayOptions) {
    this.#options = { maxBatchReports: 100, ...options };
  }

  stats(): Readonly<RelayStats> {
    return this.#stats;
  }

  /** Says that the spool holds something new; sending goes on in the background. */
  wake(): void {
    this.#hasNews = true;
    if (!this.#stopping.signal.aborted) this.#running ??= this.#run();
  }

  /** Resolves when the spool was empty once, or sending was stopped. */
  async drain(): Promise<void> {
    this.wake();
    while (this.#running) await this.#running;
  }

  /** Resolves when there is nothing to send, or the next try is waited for. */
  async rest(): Promise<void> {
    while (this.#sending) await this.#sending.catch(() => undefined);
  }

  /** Ends waiting and the request in flight; the spool keeps what was not acknowledged. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the relay was stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let attempt = 0;
    while (!signal.aborted) {
      this.#hasNews = false;
      try {
        this.#sending = this.#sendNext(attempt);
        const isEmpty = !(await this.#sending);
        attempt = 0;
        if (isEmpty && !this.#hasNews) break;
      } catch (fault) {
        if (signal.aborted) break;
        attempt += 1;
        this.#stats.failures += 1;
        this.#stats.failuresInARow = attempt;
        const retryInMs = this.#retryInMs(attempt, fault);
        this.#options.onEvent({ kind: 'failed', attempt, retryInMs, fault });
        const waiting = this.#options.wait(retryInMs, signal);
        this.#sending = null;
        await waiting.catch(() => undefined);
      }
    }
    this.#sending = null;
    this.#running = null;
  }

  /** Answers false when there was nothing to send. */
  async #sendNext(attempt: number): Promise<boolean> {
    const { spool, maxBatchReports } = this.#options;
    // After a failure one report goes first: the fixer that comes back is not met with everything at once.
    const batch = fitBatch(await spool.read(0, attempt === 0 ? maxBatchReports : 1));
    if (batch.length === 0) return false;
    await this.#deliver(batch);
    return true;
  }

  async #deliver(batch: readonly SpooledReport[]): Promise<void> {
    const { spool, sink, onEvent, now } = this.#options;
    const last = batch.at(-1)!.sequence;
    try {
      const receipt = await sink.send(
        batch.map(({ report }) => report),
        this.#stopping.signal,
      );
      for (const { id, reason } of receipt.rejected ?? []) {
        const refused = batch.find(({ report }) => report.id === id);
        if (refused) await this.#refuse(refused, reason);
      }
      await spool.acknowledge(last);
      this.#stats.delivered += receipt.accepted;
      this.#stats.duplicates += receipt.duplicates;
      this.#stats.failuresInARow = 0;
      this.#stats.deliveredAt = now();
      onEvent({ kind: 'delivered', reports: receipt.accepted, duplicates: receipt.duplicates });
    } catch (fault) {
      if (!(fault instanceof Fault) || fault.isRetryable) throw fault;
      // The batch itself is refused: find the reports that are to blame, so that the others get through.
      if (batch.length === 1) {
        await this.#refuse(batch[0]!, fault.message);
        await spool.acknowledge(last);
        return;
      }
      const middle = batch.length >> 1;
      await this.#deliver(batch.slice(0, middle));
      await this.#deliver(batch.slice(middle));
    }
  }

  async #refuse({ sequence }: SpooledReport, reason: string): Promise<void> {
    await this.#options.spool.reject(sequence, reason);
    this.#stats.refused += 1;
    this.#options.onEvent({ kind: 'refused', sequence, reason });
  }

  #retryInMs(attempt: number, fault: unknown): number {
    const { random, now } = this.#options;
    const waitMs = backoffMs(attempt, { baseMs: backoffBaseMs, capMs: backoffCapMs, random });
    const askedMs = fault instanceof Fault && fault.retryAt !== undefined ? fault.retryAt - now() : 0;
    return Math.max(waitMs, Math.min(askedMs, backoffCapMs * 10));
  }
}
