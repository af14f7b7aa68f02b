import { describe, expect, it } from 'vitest';
import { backoffMs } from './retry.js';

describe('backoff', () => {
  it('doubles up to the cap and spreads over the upper half', () => {
    const at = (attempt: number, random: number) =>
      backoffMs(attempt, { baseMs: 100, capMs: 1_000, random: () => random });
    expect([1, 2, 3, 4, 5, 60].map((attempt) => at(attempt, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(at(3, 0)).toBe(200);
  });
});
