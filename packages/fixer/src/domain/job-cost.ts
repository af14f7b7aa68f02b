// What a job has cost, in the words that every surface uses.
import type { Attempt } from './attempt.js';

/**
 * Such as `3 attempts (claude-code, claude-code, codex), $0.12, 6,600 tokens`. An attempt that did not say its price makes the sum
 * "at least", so that an unknown price never reads as free.
 */
export function describeCost(attempts: readonly Pick<Attempt, 'rung' | 'usd' | 'tokens'>[]): string {
  if (attempts.length === 0) return 'no attempts, $0.00';
  const known = attempts.flatMap(({ usd }) => usd ?? []);
  const sum = `$${known.reduce((total, usd) => total + usd, 0).toFixed(2)}`;
  const usd = known.length === attempts.length ? sum : known.length > 0 ? `at least ${sum}` : 'price not stated';
  const tokens = attempts.reduce((total, attempt) => total + (attempt.tokens ?? 0), 0);
  const rungs = attempts.map(({ rung }) => rung).join(', ');
  return `${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'} (${rungs}), ${usd}, ${tokens.toLocaleString('en-US')} tokens`;
}
