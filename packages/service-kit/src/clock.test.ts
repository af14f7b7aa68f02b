import { describe, expect, it } from 'vitest';
import { delay, ManualClock } from './clock.js';

describe('the manual clock', () => {
  it('runs timers in the order they are due, each at its own time', async () => {
    const clock = new ManualClock(0);
    const seen: [string, number][] = [];
    clock.after(20, () => seen.push(['late', clock.now()]));
    clock.after(10, () => {
      seen.push(['early', clock.now()]);
      clock.after(5, () => seen.push(['nested', clock.now()]));
    });
    await clock.advance(30);
    expect(seen).toEqual([
      ['early', 10],
      ['nested', 15],
      ['late', 20],
    ]);
    expect(clock.now()).toBe(30);
  });

  it('lets a delay be aborted, leaving no timer behind', async () => {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const waiting = delay(clock, 1_000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect(clock.pendingTimers).toBe(0);
  });
});
