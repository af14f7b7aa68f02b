// Asks one watcher for its reports for as long as the fixer runs. A page is counted first and its cursor kept after that.
import type { IncidentReport, ReportReceipt } from '@levautofix/contract/incident-report';
import { Fault } from '@levautofix/service-kit/fault';
import { backoffMs } from '@levautofix/service-kit/retry';
import type { Clock } from '@levautofix/service-kit/clock';
import type { ReportSource } from '../ports/report-source.js';
import type { SettingsStore } from '../ports/store.js';

export interface ReportPullerOptions {
  source: ReportSource;
  /** Keeps the cursor over restarts. */
  settings: SettingsStore;
  /** Resolves when the reports are durable, each counted once per id: a page that is read twice is harmless. */
  ingest: (reports: IncidentReport[]) => Promise<ReportReceipt>;
  clock: Clock;
  random: () => number;
  onFault: (error: unknown, attempt: number) => void;
  onUnusable: (report: { id: string; reason: string }) => void;
}

/** Between two questions while there is nothing new. */
const quietMs = 5_000;
const backoff = { baseMs: 1_000, capMs: 60_000 };

export class ReportPuller {
  readonly #options: ReportPullerOptions;
  readonly #stopping = new AbortController();
  #pass: Promise<void> = Promise.resolve();
  #cancel: () => void = () => {};
  #failures = 0;

  constructor(options: ReportPullerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(0);
  }

  /** Ends the question under way; what it would have brought is asked for again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the fixer stops'));
    this.#cancel();
    await this.#pass;
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#pass = this.#next().then((waitMs) => this.#schedule(waitMs));
    });
  }

  /** Answers how long to wait then. */
  async #next(): Promise<number> {
    try {
      const hadReports = await this.#pull();
      this.#failures = 0;
      // At once: there may be more, and asking again tells the watcher that this page is safe.
      return hadReports ? 0 : quietMs;
    } catch (error) {
      this.#failures += 1;
      if (!this.#stopping.signal.aborted) this.#options.onFault(error, this.#failures);
      return backoffMs(this.#failures, { ...backoff, random: this.#options.random });
    }
  }

  async #pull(): Promise<boolean> {
    const { source, settings, ingest, onUnusable } = this.#options;
    const key = `pull-cursor:${source.name}`;
    const cursor = await settings.get(key);
    const { reports, unusable, next } = await source.read(cursor, this.#stopping.signal);
    if (reports.length > 0) {
      const { rejected = [] } = await ingest(reports);
      if (rejected[0]) throw refusal(source.name, rejected[0].reason);
    }
    for (const report of unusable) onUnusable(report);
    if (next !== cursor) await settings.set(key, next);
    return reports.length + unusable.length > 0;
  }
}

/** A watcher tells of one service: it is the configuration that is at fault, and until that is mended its reports wait there. */
function refusal(name: string, reason: string): Fault {
  return new Fault({
    code: 'reports_refused',
    message: `Reports of the watcher at ${name} cannot be used. ${reason}`,
    remedy: 'They wait at the watcher until then.',
    isRetryable: true,
  });
}
