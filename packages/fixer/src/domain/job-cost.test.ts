import { expect, it } from 'vitest';
import { describeCost } from './job-cost.js';

it.each([
  [[], 'no attempts, $0.00'],
  [[{ rung: 'codex', usd: 0.125, tokens: 6_600 }], '1 attempt (codex), $0.13, 6,600 tokens'],
  [
    [
      { rung: 'claude-code', usd: 0.5, tokens: 1_000 },
      { rung: 'command', usd: null, tokens: null },
    ],
    '2 attempts (claude-code, command), at least $0.50, 1,000 tokens',
  ],
  [[{ rung: 'command', usd: null, tokens: 9 }], '1 attempt (command), price not stated, 9 tokens'],
] as const)('%j costs: %s', (attempts, words) => {
  expect(describeCost([...attempts])).toBe(words);
});
