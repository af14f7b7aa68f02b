import { expect, test } from 'vitest';
import { globMatcher } from './match-path.js';

test.each([
  ['.github', '.github/workflows/ci.yml', true],
  ['.github', 'packages/a/.github/x', true],
  ['.github', '.githubx', false],
  ['/charts', 'charts/a.yaml', true],
  ['/charts', 'src/charts/a.ts', false],
  ['*.lock', 'a/b/x.lock', true],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/**/*.ts', 'src/a/b.ts', true],
  ['src/**/*.ts', 'src/b.ts', true],
  ['src/**', 'src/a/b', true],
  ['./src/secret/', 'src/secret/key', true],
  ['a.{js,ts}', 'x/a.ts', true],
  ['a.{js,ts}', 'a.tsx', false],
  ['a?c', 'abc', true],
  ['a+(b)', 'a+(b)', true],
  ['CLAUDE.md', 'claude.MD', true],
  ['.github', '.GitHub/x', true],
  ['.github', '.git\u200bhub/x', true],
  ['.github', '．github/x', true],
  ['.github', '.github\\x', true],
])('%s against %s: %s', (glob, path, isMatch) => {
  expect(globMatcher(glob)(path)).toBe(isMatch);
});
