// What Codex says of a usage limit, as its releases word it, becomes a moment to wait for.
import { expect, it } from 'vitest';
import { statedTime } from './stated-time.js';

const now = Date.parse('2026-11-21T14:48:52Z');

it.each([
  ['or try again at 3:50 PM.', '2026-11-21T15:51:00Z'],
  ['or try again at 2:10 AM.', '2026-11-22T02:11:00Z'],
  ['or try again at 12:05 AM.', '2026-11-22T00:06:00Z'],
  ['or try again at 2:48 PM.', '2026-11-21T14:49:00Z'],
  ['or try again at Nov 24th, 2026 3:01 PM.', '2026-11-24T15:02:00Z'],
  ['or try again at Jan 1st, 2027 12:00 PM.', '2027-01-01T12:01:00Z'],
])('%s', (words, at) => {
  expect(new Date(statedTime(`You’ve hit your usage limit. ${words}`, now) ?? 0).toISOString()).toBe(
    at.replace('Z', '.000Z'),
  );
});

it('states nothing where nothing is stated', () => {
  expect(statedTime('exceeded retry limit, last status: 429 Too Many Requests', now)).toBeNull();
});
