// The order of the stages: occurrences settle, are classified, become reports, wait in the outbox, and go to the spool.
import { randomUUID } from 'node:crypto';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { isAtLeast, severities, type Severity } from '@levautofix/contract/severity';
import type { Clock } from '@levautofix/service-kit/clock';
import type { Logger } from '@levautofix/service-kit/logger';
import { classify, isInfrastructure } from './classify/classify.js';
import type { SeverityTable } from './classify/severity-table.js';
import { WithheldCounts } from './classify/withheld-counts.js';
import type { SettledIncident } from './domain/incident.js';
import type { DetectedEvent } from './domain/occurrence.js';
import { sealOccurrence } from './domain/seal-occurrence.js';
import { parsePipelineState, type PipelineState } from './pipeline-state.js';
import type { CheckpointStore } from './ports/checkpoint-store.js';
import type { LogSource } from './ports/log-source.js';
import type { ReportSpool } from './ports/report-spool.js';
import { buildReport, type ReportOrigin } from './relay/build-report.js';
import { SettleWindow, type SettleOptions } from './settle/settle-window.js';

export interface PipelineOptions {
  sources: readonly LogSource[];
  checkpoints: CheckpointStore;
  spool: ReportSpool;
  fingerprint: (event: DetectedEvent, source: string) => Fingerprint;
  redact: (text: string) => string;
  settle: Pick<SettleOptions, 'settleMs' | 'settleMaxMs' | 'criticalSettleMs' | 'maxGroups'>;
  severityTable: SeverityTable;
  minSeverity: Severity;
  origin: ReportOrigin;
  clock: Clock;
  log: Logger;
  /** Called when the spool has news. */
  onSpooled: () => void;
  commitIntervalMs?: number;
  newId?: () => string;
}

export interface PipelineStats {
  /** Error events seen. */
  occurrences: number;
  reports: Record<Severity, number>;
  /** Occurrences of incidents below the minimum severity, as far as no later report has carried them. */
  withheld: number;
  openGroups: number;
  outbox: number;
  outboxDropped: number;
  commitFailures: number;
  committedAt: number | null;
}

/** Reports that may wait for the spool in memory, should the disk be full. */
const maxOutbox = 1_000;
/** A kill costs that much reading again; more often costs more than it is worth while errors stream in. */
const defaultCommitIntervalMs = 2_000;
/** Between two saves at most, however long the last one seemed to take: the machine may have slept meanwhile. */
const maxPauseMs = 30_000;
/** How often the positions are saved while what is read holds no error: a kill costs that much reading again at most. */
const positionsEveryMs = 30_000;

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #commitIntervalMs: number;
  readonly #seal: SettleOptions['seal'];
  #settle: SettleWindow;
  #withheld = new WithheldCounts();
  #outbox: IncidentReport[] = [];
  #hasNews = false;
  #isStopped = false;
  #cancelTimer: () => void = () => undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #committing: Promise<void> | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;
  #pauseMs: number;
  #positionsDueAt = Number.POSITIVE_INFINITY;
  /** Bytes read when the positions were last saved. */
  #bytesSaved = 0;
  readonly #stats = {
    occurrences: 0,
    withheld: 0,
    outboxDropped: 0,
    commitFailures: 0,
    committedAt: null as number | null,
  };
  readonly #reports: Record<Severity, number> = { low: 0, medium: 0, high: 0, critical: 0 };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#commitIntervalMs = options.commitIntervalMs ?? defaultCommitIntervalMs;
    this.#pauseMs = this.#commitIntervalMs;
    this.#seal = (occurrence, wanted) => sealOccurrence(occurrence, options.redact, wanted);
    this.#settle = this.#createSettle();
  }

  async start(): Promise<void> {
    const { checkpoints: store, sources, log } = this.#options;
    const { snapshot, warning } = await store.load();
    if (warning) log.warn({ warning }, 'saved state was damaged');
    const state = snapshot ? parsePipelineState(snapshot.pipeline) : null;
    if (snapshot && !state) log.warn('open settle windows of an earlier version were set aside');
    if (state) this.#restore(state);
    for (const source of sources)
      await source.start(snapshot?.checkpoints ?? [], (events, name) => this.#take(events, name));
    this.#hasNews = true;
    this.#schedule();
  }

  /** Reads, settles what is due, and spools it. */
  async drain(): Promise<void> {
    for (const source of this.#options.sources) await source.drain();
    await this.commit();
  }

  /** Stops reading and keeps the open windows for the next start. */
  async stop(): Promise<void> {
    for (const source of this.#options.sources) await source.stop();
    this.#isStopped = true;
    this.#cancelTimer();
    this.#hasNews = true;
    await this.commit();
  }

  /** Closes all windows at once, because no source will have more. */
  async finish(): Promise<void> {
    for (const incident of this.#settle.settleAll()) this.#classify(incident);
    this.#hasNews = true;
    await this.commit();
  }

  stats(): PipelineStats {
    return {
      ...this.#stats,
      reports: { ...this.#reports },
      openGroups: this.#settle.openGroups,
      outbox: this.#outbox.length,
    };
  }

  /** One cut of positions and state, then the reports it holds go to the spool. */
  async commit(): Promise<void> {
    while (this.#committing) await this.#committing;
    this.#committing = this.#commit().finally(() => {
      this.#committing = null;
      this.#schedule();
    });
    return this.#committing;
  }

  #take(events: readonly DetectedEvent[], source: string): void {
    const { fingerprint, clock } = this.#options;
    const seenAt = clock.now();
    if (events.length === 0) return;
    // No copies, which would make up the context of each.
    for (const event of events)
      this.#settle.add(Object.assign(event, { fingerprint: fingerprint(event, source), source, seenAt }));
    this.#stats.occurrences += events.length;
    this.#hasNews = true;
    this.#schedule();
  }

  async #commit(): Promise<void> {
    const { sources, checkpoints: store, spool, clock, log, onSpooled } = this.#options;
    const now = clock.now();
    const settled = this.#settle.settle(now);
    for (const incident of settled) this.#classify(incident);
    // Or the clock was set back.
    if (now >= this.#positionsDueAt || now < this.#positionsDueAt - positionsEveryMs) {
      this.#positionsDueAt = now + positionsEveryMs;
      if (this.#bytesRead() !== this.#bytesSaved) this.#hasNews = true;
    }
    if (!this.#hasNews && settled.length === 0 && this.#outbox.length === 0) return;
    this.#hasNews = false;
    const pending = [...this.#outbox];
    const bytesRead = this.#bytesRead();
    this.#triedAt = now;
    this.#positionsDueAt = now + positionsEveryMs;
    try {
      // Both are taken in this very turn: one cut.
      await store.save({ checkpoints: sources.flatMap((source) => source.checkpoints()), pipeline: this.#state() });
      this.#stats.committedAt = clock.now();
      this.#bytesSaved = bytesRead;
      if (pending.length === 0) return;
      await spool.append(pending);
      const spooled = new Set(pending.map(({ id }) => id));
      this.#outbox = this.#outbox.filter(({ id }) => !spooled.has(id));
      this.#hasNews = true;
      onSpooled();
    } catch (error) {
      // The older cut is still a true one; the disk may have room again later.
      this.#hasNews = true;
      this.#stats.commitFailures += 1;
      if (this.#stats.commitFailures === 1 || this.#stats.commitFailures % 60 === 0)
        log.error({ err: error }, 'state cannot be saved, reports wait in memory');
    }
    // A large state, or a slow disk, is saved less often, so that saving takes a fiftieth of the time at most.
    const tookMs = clock.now() - this.#triedAt;
    this.#pauseMs = Math.max(this.#commitIntervalMs, Math.min(tookMs * 50, maxPauseMs));
  }

  #classify(incident: SettledIncident): void {
    const { severityTable, minSeverity, clock, origin, log } = this.#options;
    const now = clock.now();
    const held = this.#withheld.peek(incident.fingerprint, now);
    const classified = classify(incident, severityTable, incident.count + (held?.count ?? 0));
    const { fingerprint, count, firstSeenAt, lastSeenAt, severity, rule } = classified;
    if (!isAtLeast(severity, minSeverity)) {
      this.#withheld.hold({ fingerprint, count, firstSeenAt, lastSeenAt }, now);
      this.#stats.withheld += count;
      log.debug({ fingerprint, count, severity }, 'incident stays below the minimum severity');
      return;
    }
    if (held) {
      // What was held back is told now, so that over all reports the counts add up.
      classified.count += held.count;
      classified.firstSeenAt = Math.min(classified.firstSeenAt, held.firstSeenAt);
      this.#stats.withheld -= Math.min(this.#stats.withheld, held.count);
      this.#withheld.release(fingerprint);
    }
    const report = buildReport(classified, origin, (this.#options.newId ?? randomUUID)());
    this.#outbox.push(report);
    this.#reports[severity] += 1;
    log.info({ fingerprint, severity, count: classified.count, rule, id: report.id }, 'incident settled');
    this.#boundOutbox();
  }

  #boundOutbox(): void {
    while (this.#outbox.length > maxOutbox) {
      const least = severities.find((severity) => this.#outbox.some((report) => report.severity === severity));
      this.#outbox.splice(
        this.#outbox.findIndex((report) => report.severity === least),
        1,
      );
      this.#stats.outboxDropped += 1;
    }
  }

  #schedule(): void {
    if (this.#isStopped || this.#committing) return;
    const { clock } = this.#options;
    const now = clock.now();
    const dueAt = this.#settle.nextDueAt() ?? Number.POSITIVE_INFINITY;
    const positionsDueAt = Math.min(this.#positionsDueAt, now + positionsEveryMs);
    const hasWork = this.#hasNews || this.#outbox.length > 0;
    const pauseMs = Math.min(Math.max(this.#triedAt + this.#pauseMs - now, 0), this.#pauseMs);
    const at = Math.min(dueAt, positionsDueAt, hasWork ? now + pauseMs : Number.POSITIVE_INFINITY);
    if (at >= this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = at;
    this.#cancelTimer = clock.after(Math.max(0, at - now), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      void this.commit();
    });
  }

  #bytesRead(): number {
    return this.#options.sources.reduce((sum, source) => sum + source.stats().bytesRead, 0);
  }

  #state(): PipelineState {
    return { version: 1, settle: this.#settle.state(), withheld: this.#withheld.state(), outbox: this.#outbox };
  }

  #restore(state: PipelineState): void {
    this.#settle = this.#createSettle(state.settle);
    this.#withheld = new WithheldCounts(state.withheld);
    this.#outbox = state.outbox;
  }

  #createSettle(state?: PipelineState['settle']): SettleWindow {
    const { settle, severityTable } = this.#options;
    return new SettleWindow(
      { ...settle, isInfrastructure: (occurrence) => isInfrastructure(occurrence, severityTable), seal: this.#seal },
      state,
    );
  }
}
