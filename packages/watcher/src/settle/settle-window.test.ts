import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { Occurrence } from '../domain/occurrence.js';
import { sampleEvent } from '../domain/sample-event.testkit.js';
import { floodFingerprint } from './flood-digest.js';
import { SettleWindow, type SettleOptions } from './settle-window.js';

const options: SettleOptions = {
  settleMs: 30_000,
  settleMaxMs: 300_000,
  criticalSettleMs: 5_000,
  maxGroups: 100,
  isInfrastructure: ({ error }) => error.message.includes('ECONNREFUSED'),
  seal: (occurrence) => structuredClone(occurrence),
};

const fingerprint = (n: number): Fingerprint => `v1:${n.toString(16).padStart(16, '0')}`;

function occurrence(n: number, seenAt: number, rest: Partial<Occurrence> & { message?: string } = {}): Occurrence {
  const { message = `error number ${n}`, ...more } = rest;
  return {
    ...sampleEvent({ message, stack: [`at f${n} (/app/f.js:1:1)`] }),
    startLine: n * 100 + seenAt,
    endLine: n * 100 + seenAt,
    fingerprint: fingerprint(n),
    source: 'app.log',
    seenAt,
    ...more,
  };
}

describe('settle window', () => {
  it('ends after the quiet time, which each occurrence restarts', () => {
    const window = new SettleWindow(options);
    window.add(occurrence(1, 0));
    window.add(occurrence(1, 20_000));
    expect(window.settle(49_999)).toEqual([]);
    const [incident] = window.settle(50_000);
    expect(incident).toMatchObject({ count: 2, firstSeenAt: 0, lastSeenAt: 20_000 });
    expect(incident?.first.seenAt).toBe(0);
    expect(incident?.latest.seenAt).toBe(20_000);
    expect(window.nextDueAt()).toBeNull();
  });

  it('ends at the maximum although occurrences keep coming, and the next window counts anew', () => {
    const window = new SettleWindow(options);
    for (let at = 0; at <= 310_000; at += 10_000) window.add(occurrence(1, at));
    const [incident] = window.settle(310_000);
    expect(incident?.count).toBe(30);
    expect(window.settle(400_000)[0]?.count).toBe(2);
  });

  it('lets an infrastructure error leave early once, and gathers what follows in an ordinary window', () => {
    const window = new SettleWindow(options);
    const down = (at: number) => occurrence(1, at, { message: 'connect ECONNREFUSED 127.0.0.1:27017' });
    window.add(down(0));
    expect(window.settle(5_000)).toHaveLength(1);
    window.add(down(6_000));
    expect(window.settle(11_000)).toHaveLength(0);
    window.add(down(30_000));
    expect(window.settle(60_000)[0]?.count).toBe(2);
  });

  it('keeps windows as long as they were when the clock is set back an hour', () => {
    const window = new SettleWindow(options);
    window.add(occurrence(1, 3_600_000));
    expect(window.settle(10_000)).toEqual([]);
    expect(window.settle(40_000)).toHaveLength(1);
  });

  it('survives a restart with all that was open', () => {
    const window = new SettleWindow(options);
    window.add(occurrence(1, 0, { traceId: 'aaaaaaaaaaaa' }));
    window.add(occurrence(2, 100, { traceId: 'aaaaaaaaaaaa' }));
    const restored = new SettleWindow(options, JSON.parse(JSON.stringify(window.state())));
    restored.add(occurrence(1, 10_000));
    restored.add(occurrence(2, 10_100));
    const [incident] = restored.settle(100_000);
    expect(incident).toMatchObject({ count: 2, followers: [{ fingerprint: fingerprint(2), count: 2 }] });
  });
});

describe('cascade', () => {
  const settled = (...occurrences: Occurrence[]) => {
    const window = new SettleWindow(options);
    for (const item of occurrences) window.add(item);
    return window
      .settle(1_000_000)
      .map(({ followers, ...rest }) => ({ n: rest.fingerprint, followers: followers.length }));
  };

  it('joins errors of one request', () => {
    expect(
      settled(occurrence(1, 0, { traceId: 'req-12345678' }), occurrence(2, 9_000, { traceId: 'req-12345678' })),
    ).toEqual([{ n: fingerprint(1), followers: 1 }]);
  });

  it('does not join a short request id that comes round again', () => {
    expect(settled(occurrence(1, 0, { traceId: '7' }), occurrence(2, 9_000, { traceId: '7' }))).toHaveLength(2);
  });

  it('joins an error to the one that names it as its cause', () => {
    const wrapper = occurrence(2, 50, {
      error: {
        type: 'Error',
        message: 'order failed',
        stack: ['at g (/app/g.js:1:1)', '  [cause]: Error: error number 1'],
      },
    });
    expect(settled(occurrence(1, 0), wrapper)).toEqual([{ n: fingerprint(1), followers: 1 }]);
  });

  it('joins an error line and the trace after it, when one quotes the other', () => {
    const line = occurrence(1, 0, {
      error: { type: 'Error', message: 'request failed: price of undefined', stack: [] },
      startLine: 7,
      endLine: 7,
    });
    const trace = occurrence(2, 1, { message: 'price of undefined', startLine: 8, endLine: 12 });
    expect(settled(line, trace)).toEqual([{ n: fingerprint(1), followers: 1 }]);
    expect(settled(line, { ...trace, startLine: 9 })).toHaveLength(2);

    const window = new SettleWindow(options);
    window.add(line);
    window.settle(1_000);
    window.add({ ...trace, seenAt: 1_000 });
    expect(window.openGroups).toBe(1);
  });

  it('puts what only fails for want of the database behind the database', () => {
    const down = occurrence(1, 0, { message: 'connect ECONNREFUSED 127.0.0.1:27017' });
    const timeout = occurrence(2, 900, { message: 'cart: connection timed out' });
    const bug = occurrence(3, 950, { message: 'x is not a function' });
    expect(settled(down, timeout, bug)).toEqual([
      { n: fingerprint(1), followers: 1 },
      { n: fingerprint(3), followers: 0 },
    ]);
  });

  it('never hides an infrastructure error behind another one', () => {
    const down = occurrence(2, 10, { message: 'connect ECONNREFUSED 127.0.0.1:27017', traceId: 'req-12345678' });
    expect(settled(occurrence(1, 0, { traceId: 'req-12345678' }), down)).toHaveLength(2);
  });
});

describe('flood', () => {
  it('becomes one digest with an exact count, while what repeats keeps its own incident', () => {
    const window = new SettleWindow(options);
    for (let n = 0; n < 50_000; n++) {
      window.add(occurrence(1_000 + n, n));
      if (n % 10 === 0) window.add(occurrence(1, n));
    }
    expect(window.openGroups).toBeLessThanOrEqual(options.maxGroups);
    const incidents = window.settle(1_000_000);
    expect(incidents).toHaveLength(2);
    expect(incidents.find((incident) => incident.fingerprint === floodFingerprint)).toMatchObject({
      count: 50_000,
      dropped: 49_998,
    });
    expect(incidents.find((incident) => incident.fingerprint === fingerprint(1))?.count).toBe(5_000);
  });

  it('never drops an infrastructure error into the digest', () => {
    const window = new SettleWindow(options);
    for (let n = 0; n < 150; n++) window.add(occurrence(1_000 + n, n));
    window.add(occurrence(1, 200, { message: 'connect ECONNREFUSED 127.0.0.1:5432' }));
    for (let n = 0; n < 150; n++) window.add(occurrence(5_000 + n, 300 + n));
    expect(window.settle(1_000_000).map((incident) => incident.fingerprint)).toContain(fingerprint(1));
  });
});

it('conserves counts: whatever comes in goes out exactly once, over restarts and clock steps', () => {
  const step = fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    trace: fc.option(fc.constantFrom('trace-aaaaaa', 'trace-bbbbbb'), { nil: null }),
    waitMs: fc.constantFrom(0, 10, 4_000, 31_000, -3_600_000),
    restart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let window = new SettleWindow({ ...options, maxGroups: 10 });
      let now = 10_000_000;
      const out: { count: number; followers: { count: number }[] }[] = [];
      for (const { n, trace, waitMs, restart } of steps) {
        now += waitMs;
        window.add(occurrence(n, now, { traceId: trace }));
        if (restart)
          window = new SettleWindow({ ...options, maxGroups: 10 }, JSON.parse(JSON.stringify(window.state())));
        if (n % 5 === 0) out.push(...window.settle(now));
      }
      out.push(...window.settle(now + 10_000_000));
      const total = out.reduce(
        (sum, { count, followers }) => sum + count + followers.reduce((all, item) => all + item.count, 0),
        0,
      );
      expect(total).toBe(steps.length);
      expect(window.openGroups).toBe(0);
    }),
    { numRuns: 300 },
  );
});
