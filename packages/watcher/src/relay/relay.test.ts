import type { IncidentReport } from '@levautofix/contract/incident-report';
import { delay, ManualClock } from '@levautofix/service-kit/clock';
import { Fault } from '@levautofix/service-kit/fault';
import { describe, expect, it } from 'vitest';
import type { ReportSink } from '../ports/report-sink.js';
import type { ReportSpool, SpooledReport } from '../ports/report-spool.js';
import { Relay, type RelayEvent } from './relay.js';

const away = () => new Fault({ code: 'fixer_unreachable', message: 'away', remedy: 'wait', isRetryable: true });
const wrong = () => new Fault({ code: 'report_refused', message: 'malformed', remedy: 'look' });

function memorySpool(count: number) {
  let items: SpooledReport[] = Array.from({ length: count }, (_, index) => ({
    sequence: index + 1,
    report: { id: `r${index + 1}` } as IncidentReport,
  }));
  const rejected: number[] = [];
  const spool: ReportSpool = {
    append: () => Promise.resolve(),
    read: (after, limit) => Promise.resolve(items.filter(({ sequence }) => sequence > after).slice(0, limit)),
    acknowledge(sequence) {
      items = items.filter((item) => item.sequence > sequence);
      return Promise.resolve();
    },
    reject(sequence) {
      rejected.push(sequence);
      return Promise.resolve();
    },
    stats: () => ({ reports: items.length, bytes: 0, dropped: 0, rejected: rejected.length, oldestAt: null }),
  };
  return { spool, rejected, left: () => items.length };
}

function createRelay(spool: ReportSpool, send: ReportSink['send'], clock = new ManualClock()) {
  const events: RelayEvent[] = [];
  const relay = new Relay({
    spool,
    sink: { send },
    now: () => clock.now(),
    wait: (delayMs, signal) => delay(clock, delayMs, signal),
    random: () => 0.5,
    maxBatchReports: 10,
    onEvent: (event) => events.push(event),
  });
  return { relay, events, clock };
}

const accept = (reports: readonly IncidentReport[]) => ({ accepted: reports.length, duplicates: 0 });

describe('relay', () => {
  it('sends everything in order and in batches', async () => {
    const { spool, left } = memorySpool(25);
    const batches: string[][] = [];
    const { relay } = createRelay(spool, (reports) => {
      batches.push(reports.map(({ id }) => id));
      return Promise.resolve(accept(reports));
    });
    await relay.drain();
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
    expect(batches.flat()).toEqual(Array.from({ length: 25 }, (_, index) => `r${index + 1}`));
    expect(left()).toBe(0);
  });

  it('waits longer after each failure, up to a minute, and starts anew after a success', async () => {
    const { spool, left } = memorySpool(25);
    let isAway = true;
    const { relay, events, clock } = createRelay(spool, (reports) =>
      isAway ? Promise.reject(away()) : Promise.resolve(accept(reports)),
    );
    relay.wake();
    await clock.advance(10 * 60_000);
    const waits = events.map((event) => (event.kind === 'failed' ? event.retryInMs : 0));
    expect(waits.slice(0, 8)).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000]);
    expect(left()).toBe(25);
    isAway = false;
    await clock.advance(60_000);
    expect(left()).toBe(0);
    expect(relay.stats()).toMatchObject({ failuresInARow: 0, delivered: 25 });
  });

  it('waits as long as the fixer asks for', async () => {
    const { spool } = memorySpool(1);
    const clock = new ManualClock();
    const { relay, events } = createRelay(
      spool,
      () =>
        Promise.reject(
          new Fault({
            code: 'fixer_failed',
            message: '',
            remedy: '',
            isRetryable: true,
            retryAt: clock.now() + 90_000,
          }),
        ),
      clock,
    );
    relay.wake();
    await clock.advance(0);
    expect(events[0]).toMatchObject({ kind: 'failed', retryInMs: 90_000 });
    await relay.stop();
  });

  it('sets aside the one report that spoils a batch and delivers the others', async () => {
    const { spool, rejected, left } = memorySpool(10);
    const got: string[] = [];
    const { relay } = createRelay(spool, (reports) => {
      if (reports.some(({ id }) => id === 'r7')) return Promise.reject(wrong());
      got.push(...reports.map(({ id }) => id));
      return Promise.resolve(accept(reports));
    });
    await relay.drain();
    expect(rejected).toEqual([7]);
    expect(got).toEqual(['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r8', 'r9', 'r10']);
    expect(left()).toBe(0);
  });

  it('sets aside what the receipt names', async () => {
    const { spool, rejected } = memorySpool(3);
    const { relay } = createRelay(spool, () =>
      Promise.resolve({ accepted: 2, duplicates: 0, rejected: [{ id: 'r2', reason: 'unknown service' }] }),
    );
    await relay.drain();
    expect(rejected).toEqual([2]);
  });

  it('stops at once while it waits', async () => {
    const { spool, left } = memorySpool(1);
    const { relay, clock } = createRelay(spool, () => Promise.reject(away()));
    relay.wake();
    await clock.advance(0);
    await relay.stop();
    expect(left()).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
