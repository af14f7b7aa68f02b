import { expect, it } from 'vitest';
import { soakWindowMs } from './soak-window.js';

const hour = 60 * 60_000;
const day = 24 * hour;

it.each([
  ['an error of every six minutes is watched half an hour', 10, 1 * hour, 0.5 * hour],
  ['one of every hour for five hours', 48, 48 * hour, 5 * hour],
  ['a burst of ten, two days before the deploy, is a rare error', 10, 2 * day, 1 * day],
  ['the longest time is a week', 1, 30 * day, 7 * day],
  ['the shortest time is half an hour, also right after the first occurrence', 1, 0, 0.5 * hour],
  ['a clock that is behind does no harm', 5, -hour, 0.5 * hour],
])('%s', (_, count, sinceFirstMs, expected) => {
  expect(soakWindowMs({ count, firstSeenAt: 1_000_000 }, 1_000_000 + sinceFirstMs)).toBe(expected);
});
