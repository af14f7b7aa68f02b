import { ManualClock } from '@levautofix/service-kit/clock';
import { expect, it } from 'vitest';
import { Follower } from './run-follower.js';

it('looks again after every interval, also when a look failed, until it is stopped', async () => {
  const clock = new ManualClock();
  const faults: unknown[] = [];
  let passes = 0;
  const follow = () => (++passes === 1 ? Promise.reject(new Error('away')) : Promise.resolve());
  const follower = new Follower({ clock, everyMs: 60_000, follow, onFault: (error) => faults.push(error) });
  follower.start();
  await clock.advance(59_999);
  expect(passes).toBe(0);
  await clock.advance(60_001);
  expect(passes).toBe(2);
  expect(faults).toEqual([new Error('away')]);
  await follower.stop();
  await clock.advance(600_000);
  expect(passes).toBe(2);
  expect(clock.pendingTimers).toBe(0);
});

it('never lets two looks overlap, and waits for the running one at the end', async () => {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const follow = () => {
    log.push('begins');
    return new Promise<void>((resolve) => ends.push(() => (log.push('ends'), resolve())));
  };
  const follower = new Follower({ clock: new ManualClock(), everyMs: 1, follow, onFault: () => {} });
  const both = Promise.all([follower.follow(), follower.follow()]);
  await Promise.resolve();
  await Promise.resolve();
  expect(log).toEqual(['begins']);
  ends.shift()?.();
  while (ends.length === 0) await Promise.resolve();
  const stopped = follower.stop().then(() => log.push('stopped'));
  ends.shift()?.();
  await both;
  await stopped;
  expect(log).toEqual(['begins', 'ends', 'begins', 'ends', 'stopped']);
});
