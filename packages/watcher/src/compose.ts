// Puts the watcher together from its configuration; the only file that names adapters. A test swaps any part by an override.
import type { Readable } from 'node:stream';
import { redactSecrets } from '@levautofix/contract/redact';
import { systemClock, delay, type Clock } from '@levautofix/service-kit/clock';
import { createHttpServer } from '@levautofix/service-kit/http-server';
import { describeError } from '@levautofix/service-kit/fault';
import { Lifecycle, type Part } from '@levautofix/service-kit/lifecycle';
import { createLogger, type Logger } from '@levautofix/service-kit/logger';
import { SnapshotFile } from './adapters/checkpoints/snapshot-file.js';
import { createChangeBell } from './adapters/files/change-bell.js';
import { createFileSource } from './adapters/files/file-source.js';
import { createJournalSource } from './adapters/journald/journal-source.js';
import { createFixerClient, createHttpSink, type FixerClient } from './adapters/http-sink/http-sink.js';
import { createSourceMaps } from './adapters/source-maps/source-maps.js';
import { FileSpool } from './adapters/spool/file-spool.js';
import { lockState } from './adapters/spool/state-lock.js';
import { createStreamSource } from './adapters/stdin/stream-source.js';
import { withHostRules } from './classify/severity-table.js';
import type { WatcherConfig } from './config/config.js';
import { createEventDetector } from './detect/event-detector.js';
import { createEventFingerprint } from './fingerprint/fingerprint.js';
import { createApp } from './http/app.js';
import { buildStatus, type WatcherStatus } from './http/status.js';
import { Pipeline } from './pipeline.js';
import type { CheckpointStore } from './ports/checkpoint-store.js';
import type { FrameResolver } from './ports/frame-resolver.js';
import type { DetectorFactory, LogSource, SourceTrouble } from './ports/log-source.js';
import type { ReportSink } from './ports/report-sink.js';
import { Relay, type RelayEvent } from './relay/relay.js';

export interface WatcherOverrides {
  clock?: Clock;
  log?: Logger;
  sink?: ReportSink;
  sources?: readonly LogSource[];
  checkpoints?: CheckpointStore;
  /** Random number in [0, 1) for the jitter of retries. */
  random?: () => number;
  /** Text to watch instead of or beside files, where the configuration says so. */
  stdin?: Readable;
  commitIntervalMs?: number;
}

export interface Watcher {
  start(): Promise<void>;
  /** Stops reading, keeps open settle windows for the next start, and lets the fixer have what it takes within the deadline. */
  stop(): Promise<void>;
  /** Reads what there is, spools what has settled and sends it. Does not wait for open settle windows. */
  drain(): Promise<void>;
  /** Saves one cut and spools what has settled, without reading or sending first. */
  commit(): Promise<void>;
  /** For a source that has ended: settles all open windows at once and sends what came of them. */
  finish(): Promise<void>;
  /** Resolves when there is nothing to send to the fixer, or the next try is waited for. */
  rest(): Promise<void>;
  status(): WatcherStatus;
  /** What its sources cannot read at the moment. */
  troubles(): SourceTrouble[];
  /** Known after start. */
  readonly httpUrl: string;
  /** Resolves when no source will have more: the end of standard input, never for files. */
  readonly ended: Promise<void>;
}

/** What LevAutoFix itself logs, should it be told to watch that: reporting it would make it log more. */
const ownLine =
  /^\{"level":[0-9]+,"time":"[0-9TZ:.-]+","pid":[0-9]+,"hostname":"[^"]{0,200}","name":"levautofix-(?:watcher|fixer)",/;
const stopDeadlineMs = 10_000;
/** A service manager gives a process about ten seconds to end; what is not sent by then waits in the spool. */
const lastDeliveryMs = 3_000;

export async function composeWatcher(config: WatcherConfig, overrides: WatcherOverrides = {}): Promise<Watcher> {
  const clock = overrides.clock ?? systemClock;
  const log =
    overrides.log ?? createLogger({ name: 'levautofix-watcher', level: config.logLevel, secrets: config.redactValues });
  const redact = (text: string) => redactSecrets(text, config.redactValues);
  // Before anything of the folder is read: another watcher may be at work in it.
  const unlock = await lockState(config.stateDir);
  try {
    const { spool, damaged } = await FileSpool.open({
      folder: `${config.stateDir}/spool`,
      maxBytes: config.spoolMaxBytes,
      now: () => clock.now(),
    });
    if (damaged > 0) log.warn({ lines: damaged }, 'spool had damaged lines, which were skipped');
    return assemble(config, overrides, { clock, log, redact, spool, unlock });
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface Ground {
  clock: Clock;
  log: Logger;
  redact: (text: string) => string;
  spool: FileSpool;
  unlock: () => Promise<void>;
}

/** For a program that runs as generated code; nothing where the operator named no folders. */
export function composeResolver(roots: readonly string[], clock: Clock = systemClock): { resolver?: FrameResolver } {
  return roots.length === 0 ? {} : { resolver: createSourceMaps({ roots, now: () => clock.now() }) };
}

/** The way of the relay, for a look at the fixer without a report. */
export function composeFixerClient(fixerUrl: string, { secret }: { secret: string }, timeoutMs: number): FixerClient {
  return createFixerClient({ fixerUrl, secret, now: () => systemClock.now(), timeoutMs });
}

function assemble(config: WatcherConfig, overrides: WatcherOverrides, ground: Ground): Watcher {
  const { clock, log, redact, spool } = ground;
  const relay = config.relay.mode === 'pull' ? null : createRelay(config, overrides, ground);
  const sources = overrides.sources ?? createSources(config, overrides, ground);
  const resolver = composeResolver(config.sourceRoots, clock);
  const pipeline = new Pipeline({
    sources,
    checkpoints: overrides.checkpoints ?? new SnapshotFile(config.stateDir),
    spool,
    fingerprint: createEventFingerprint({ ...config.rules.grouping, ...resolver }),
    redact,
    settle: {
      settleMs: config.settleMs,
      settleMaxMs: config.settleMaxMs,
      criticalSettleMs: config.criticalSettleMs,
      maxGroups: config.rules.maxGroups,
    },
    severityTable: withHostRules(config.rules.severity),
    minSeverity: config.minSeverity,
    origin: {
      service: config.service,
      environment: config.environment,
      release: config.release,
      host: config.machine,
    },
    clock,
    log,
    onSpooled: () => relay?.wake(),
    ...(overrides.commitIntervalMs !== undefined && { commitIntervalMs: overrides.commitIntervalMs }),
  });
  const startedAt = new Date(clock.now()).toISOString();
  const status = () =>
    buildStatus({
      service: config.service,
      environment: config.environment,
      startedAt,
      sources: sources.map((source) => source.stats()),
      pipeline: pipeline.stats(),
      spool: spool.stats(),
      relay: relay?.stats() ?? null,
    });
  const server = createHttpServer(
    createApp({
      status,
      now: () => clock.now(),
      pull: relay ? null : { spool, spoolId: () => spool.spoolId, secret: config.relay.secret },
    }),
    config.http,
  );
  const lifecycle = new Lifecycle(
    [
      { name: 'state folder', stop: ground.unlock },
      { name: 'spool', stop: () => spool.close() },
      ...(relay ? [relayPart(relay)] : []),
      server,
      { name: 'pipeline', start: () => pipeline.start(), stop: () => pipeline.stop() },
    ],
    log,
    stopDeadlineMs,
  );
  return {
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
    async drain() {
      await pipeline.drain();
      await relay?.drain();
    },
    commit: () => pipeline.commit(),
    async finish() {
      await pipeline.finish();
      await relay?.drain();
    },
    rest: async () => relay?.rest(),
    status,
    troubles: () => sources.flatMap((source) => source.troubles?.() ?? []),
    get httpUrl() {
      return server.url;
    },
    ended: Promise.all(sources.map((source) => source.ended)).then(() => undefined),
  };
}

function createSources(config: WatcherConfig, overrides: WatcherOverrides, { clock, log }: Ground): LogSource[] {
  const { detect } = config.rules;
  const rules = { ...detect, ignore: [...(detect.ignore ?? []), ownLine] };
  const createDetector: DetectorFactory = () => createEventDetector({ rules });
  const sources: LogSource[] = [];
  if (config.logFiles.length > 0) {
    const bell = createChangeBell();
    const { logFiles: patterns, logRoots: extraRoots, readFrom } = config;
    sources.push(createFileSource({ patterns, extraRoots, readFrom, createDetector, clock, logger: log, bell }));
  }
  if (config.journalMatches !== null) {
    const { journalMatches: matches, readFrom } = config;
    sources.push(createJournalSource({ matches, readFrom, createDetector, clock, logger: log }));
  }
  if (config.readsStdin && overrides.stdin)
    sources.push(createStreamSource({ stream: overrides.stdin, createDetector, clock }));
  return sources;
}

function createRelay(config: WatcherConfig, overrides: WatcherOverrides, { clock, log, spool }: Ground): Relay {
  const now = () => clock.now();
  const { fixerUrl, secret } = config.relay;
  return new Relay({
    spool,
    sink: overrides.sink ?? createHttpSink({ fixerUrl: fixerUrl ?? '', secret, now }),
    now,
    wait: (delayMs, signal) => delay(clock, delayMs, signal),
    random: overrides.random ?? Math.random,
    onEvent: (event) => logRelay(log, event),
  });
}

function relayPart(relay: Relay): Part {
  return {
    name: 'relay',
    start: () => relay.wake(),
    async stop() {
      // With the fixer away there is nothing to wait for.
      if (relay.stats().failuresInARow > 0) return relay.stop();
      const waiting = new AbortController();
      await Promise.race([relay.drain(), delay(systemClock, lastDeliveryMs, waiting.signal)]).catch(() => undefined);
      waiting.abort();
      await relay.stop();
    },
  };
}

function logRelay(log: Logger, event: RelayEvent): void {
  if (event.kind === 'delivered')
    log.info({ reports: event.reports, duplicates: event.duplicates }, 'reports delivered');
  else if (event.kind === 'refused')
    log.warn({ sequence: event.sequence, reason: event.reason }, 'report refused, set aside in the dead-letter file');
  else {
    // A long outage says so now and then, not once a minute for a week.
    const isWorthTelling = event.attempt <= 3 || event.attempt % 60 === 0;
    log[isWorthTelling ? 'warn' : 'debug'](
      { attempt: event.attempt, retryInMs: event.retryInMs, reason: describeError(event.fault) },
      'fixer did not take the reports, they wait in the spool',
    );
  }
}
