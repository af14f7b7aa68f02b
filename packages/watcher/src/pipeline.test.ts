import type { IncidentReport } from '@levautofix/contract/incident-report';
import { ManualClock } from '@levautofix/service-kit/clock';
import { silentLogger } from '@levautofix/service-kit/logger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSeverityTable } from './classify/severity-table.js';
import type { DetectedEvent } from './domain/occurrence.js';
import { sampleEvent } from './domain/sample-event.testkit.js';
import { Pipeline } from './pipeline.js';
import type { Checkpoint, Snapshot } from './ports/checkpoint-store.js';
import type { EventHandler, LogSource } from './ports/log-source.js';

/** A log as a list of events, read from a position as a file is. */
class ListSource implements LogSource {
  /** Read without an error in it. */
  quietBytes = 0;
  readonly ended = new Promise<void>(() => undefined);
  readonly #log: readonly DetectedEvent[];
  #at = 0;
  #onEvents: EventHandler = () => undefined;

  constructor(log: readonly DetectedEvent[]) {
    this.#log = log;
  }

  start(checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void> {
    const own = checkpoints.find((checkpoint) => checkpoint.kind === 'journal');
    this.#at = Number(own?.cursor ?? 0);
    this.#onEvents = onEvents;
    return Promise.resolve();
  }

  drain(): Promise<void> {
    const events = this.#log.slice(this.#at);
    this.#at = this.#log.length;
    this.#onEvents(events, 'list');
    return Promise.resolve();
  }

  checkpoints(): Checkpoint[] {
    return [{ kind: 'journal', name: 'list', cursor: String(this.#at + this.quietBytes) }];
  }

  stats() {
    const none = { sources: 1, open: 1, bytesRead: this.quietBytes, bytesBehind: 0, cutLines: 0 };
    return { ...none, rotations: 0, truncations: 0, bytesGivenUp: 0, unreadable: 0 };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** What is left when the process dies: the last snapshot that was saved, and the spool. */
class Disk {
  snapshot: Snapshot | null = null;
  readonly spooled: IncidentReport[] = [];
  /** Operations that still succeed; the one after them does not. */
  credit = Number.POSITIVE_INFINITY;
  isFull = false;

  #owner = 0;

  /** For one process; what an earlier one still tries to write comes to nothing. */
  open() {
    const owner = ++this.#owner;
    return {
      checkpoints: {
        load: () => Promise.resolve({ snapshot: this.snapshot, warning: null }),
        save: async (snapshot: Snapshot) => {
          const text = JSON.stringify(snapshot);
          await this.#spend(owner);
          this.snapshot = JSON.parse(text) as Snapshot;
        },
      },
      spool: {
        append: async (reports: readonly IncidentReport[]) => {
          await this.#spend(owner);
          for (const report of reports) if (!this.spooled.some(({ id }) => id === report.id)) this.spooled.push(report);
        },
        read: () => Promise.resolve([]),
        acknowledge: () => Promise.resolve(),
        reject: () => Promise.resolve(),
        stats: () => ({ reports: 0, bytes: 0, dropped: 0, rejected: 0, oldestAt: null }),
      },
    };
  }

  async #spend(owner: number): Promise<void> {
    await Promise.resolve();
    if (this.isFull || this.credit <= 0 || owner !== this.#owner)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    this.credit -= 1;
  }
}

function event(n: number, message = `error ${n}`): DetectedEvent {
  return sampleEvent({ message, stack: [`at f${n} (/app/f.js:1:1)`] });
}

function createPipeline(
  disk: Disk,
  log: readonly DetectedEvent[],
  clock: ManualClock,
  minSeverity: 'low' | 'medium' = 'low',
  source = new ListSource(log),
) {
  return new Pipeline({
    sources: [source],
    ...disk.open(),
    fingerprint: ({ error }) => `v1:${error.stack[0]!.replace(/\D/g, '').padStart(16, '0')}`,
    redact: (text) => text,
    settle: { settleMs: 30_000, settleMaxMs: 300_000, criticalSettleMs: 5_000, maxGroups: 20 },
    severityTable: defaultSeverityTable,
    minSeverity,
    origin: { service: 'shop', environment: 'test', release: null, host: 'box' },
    clock,
    log: silentLogger,
    onSpooled: () => undefined,
  });
}

const total = (reports: readonly IncidentReport[]) =>
  reports.reduce(
    (sum, { count, followers }) => sum + count + (followers ?? []).reduce((all, item) => all + item.count, 0),
    0,
  );

describe('pipeline', () => {
  it('reports a settle window once it has ended, by its own clock', async () => {
    const [disk, clock, log] = [new Disk(), new ManualClock(), [] as DetectedEvent[]];
    const pipeline = createPipeline(disk, log, clock);
    await pipeline.start();
    log.push(event(1), event(1), event(1));
    await pipeline.drain();
    await clock.advance(29_000);
    expect(disk.spooled).toEqual([]);
    await clock.advance(2_000);
    expect(disk.spooled).toMatchObject([{ count: 3, severity: 'medium', service: 'shop' }]);
    await clock.advance(600_000);
    expect(disk.spooled).toHaveLength(1);
    await pipeline.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('holds back what is below the minimum severity, and the report that comes later makes up for it', async () => {
    const [disk, clock, log] = [new Disk(), new ManualClock(), [] as DetectedEvent[]];
    const pipeline = createPipeline(disk, log, clock, 'medium');
    await pipeline.start();
    log.push(event(1), event(1));
    await pipeline.drain();
    await clock.advance(40_000);
    expect(disk.spooled).toEqual([]);
    expect(pipeline.stats().withheld).toBe(2);
    log.push(event(1));
    await pipeline.drain();
    await clock.advance(40_000);
    expect(disk.spooled).toMatchObject([{ count: 3, severity: 'medium' }]);
    expect(pipeline.stats().withheld).toBe(0);
    await pipeline.stop();
  });

  it('keeps open windows over an orderly restart', async () => {
    const [disk, clock, log] = [new Disk(), new ManualClock(), [event(1)]];
    const first = createPipeline(disk, log, clock);
    await first.start();
    await first.drain();
    await first.stop();
    log.push(event(1));
    const second = createPipeline(disk, log, clock);
    await second.start();
    await second.drain();
    await clock.advance(40_000);
    expect(disk.spooled).toMatchObject([{ count: 2 }]);
    await second.stop();
  });

  it('saves how far it has read twice a minute, also while nothing read is an error', async () => {
    const [disk, clock, source] = [new Disk(), new ManualClock(), new ListSource([])];
    const pipeline = createPipeline(disk, [], clock, 'low', source);
    await pipeline.start();
    await clock.advance(2_000);
    const atStart = disk.snapshot;
    await clock.advance(600_000);
    expect(disk.snapshot).toBe(atStart);
    source.quietBytes = 5_000;
    await clock.advance(30_000);
    expect(disk.snapshot?.checkpoints).toMatchObject([{ cursor: '5000' }]);
    const afterReading = disk.snapshot;
    await clock.advance(600_000);
    expect(disk.snapshot).toBe(afterReading);
    await pipeline.stop();
  });

  it('goes on while the disk is full, and catches up when there is room', async () => {
    const [disk, clock, log] = [new Disk(), new ManualClock(), [] as DetectedEvent[]];
    const pipeline = createPipeline(disk, log, clock);
    await pipeline.start();
    await clock.advance(2_000);
    disk.isFull = true;
    for (let minute = 0; minute < 30; minute++) {
      for (let repeat = 0; repeat < 4; repeat++) log.push(event(minute % 3));
      await pipeline.drain();
      await clock.advance(60_000);
    }
    expect(disk.spooled).toEqual([]);
    expect(pipeline.stats().commitFailures).toBeGreaterThan(10);
    disk.isFull = false;
    await clock.advance(60_000);
    expect(total(disk.spooled)).toBe(120);
    expect(pipeline.stats().outbox).toBe(0);
    await pipeline.stop();
  });

  it('conserves counts when it is killed at any write: nothing lost, nothing told twice', async () => {
    const life = fc.record({
      events: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 }),
      /** Writes that succeed before the process dies. */
      credit: fc.integer({ min: 0, max: 8 }),
      // Killed after these: no stop.
      steps: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 6 }), async (lives) => {
        const [disk, clock, log] = [new Disk(), new ManualClock(), [] as DetectedEvent[]];
        for (const { events, credit, steps } of lives) {
          disk.credit = credit;
          const pipeline = createPipeline(disk, log, clock);
          await pipeline.start();
          for (let step = 0; step < steps; step++) {
            log.push(...events.map((n) => event(n)));
            await pipeline.drain();
            await clock.advance(20_000);
          }
        }
        disk.credit = Number.POSITIVE_INFINITY;
        const last = createPipeline(disk, log, new ManualClock(clock.now()));
        await last.start();
        await last.drain();
        await last.finish();
        expect(total(disk.spooled)).toBe(log.length);
        expect(new Set(disk.spooled.map(({ id }) => id)).size).toBe(disk.spooled.length);
      }),
      { numRuns: 60 },
    );
  });
});
