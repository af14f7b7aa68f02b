// The verdict by sets of test names, exit codes and time, without running anything.
import { describe, expect, it } from 'vitest';
import type { Check } from '../domain/verification.js';
import { judgeVerification } from './judge-verification.js';
import { summariseFailure } from './summarise-failure.js';

const check = (changes: Partial<Check> = {}): Check => ({
  name: 'test',
  status: 'passed',
  durationMs: 1,
  command: 'npm test',
  exitCode: changes.status === 'failed' ? 1 : 0,
  output: '',
  failedTests: null,
  passedTests: null,
  ...changes,
});
const named = (passedTests: string[], failedTests: string[] = []) =>
  check({ passedTests, failedTests, status: failedTests.length > 0 ? 'failed' : 'passed' });

describe('judgeVerification', () => {
  it.each<[string, Check, Check, boolean, string | null]>([
    ['green stays green', named(['a']), named(['a', 'new']), true, null],
    ['a test turns red', named(['a', 'b']), named(['a'], ['b']), false, '1 test that did not fail before: "b"'],
    ['a new test is red', named(['a']), named(['a'], ['new']), false, '"new"'],
    ['red stays red', named(['a'], ['b']), named(['a'], ['b']), true, '1 test failed on the base commit too: "b"'],
    ['red turns green', named(['a'], ['b']), named(['a', 'b']), true, null],
    ['a red test vanishes', named(['a'], ['b']), named(['a']), false, '1 test no longer run: "b"'],
    ['a broken test file loads', named(['a'], ['test/b.test.js']), named(['a', 'b1', 'b2']), true, null],
    ['a file is reported by name once it is green', named([], ['t/a.test.ts > x']), named(['t/a.test.ts']), true, null],
    [
      'a test vanishes from a file',
      named(['t/a.ts', 't/a.ts > x']),
      named(['t/a.ts', 't/a.ts > y']),
      false,
      '"t/a.ts > x"',
    ],
    ['ava gets a second file', named(['ok']), named(['a › ok', 'b › more']), true, null],
    ['ava loses a test of one file', named(['a › ok', 'b › ok']), named(['b › ok']), false, '"a › ok"'],
    [
      'only the suite and its child are named',
      named(['s', 's > a']),
      named([], ['s', 's > a']),
      false,
      '1 test that did not fail before: "s > a"',
    ],
    ['names are lost', named(['a']), check(), false, 'without naming its tests'],
    [
      'all names pass but the run is red',
      named(['a']),
      { ...named(['a']), status: 'failed', exitCode: 9 },
      false,
      'exit code 9',
    ],
    ['time runs out', named(['a']), check({ status: 'timeout', exitCode: null }), false, 'did not end in time'],
    ['no test was run', named([]), named([]), true, 'No test was run at all'],
    ['an unknown runner turns red', check(), check({ status: 'failed' }), false, 'exit code 1'],
    [
      'an unknown runner stays red',
      check({ status: 'failed' }),
      check({ status: 'failed' }),
      true,
      'says nothing about this change',
    ],
  ])('%s', (_, before, after, isPassed, words) => {
    const judgement = judgeVerification([before], [after]);
    expect(judgement.isPassed).toBe(isPassed);
    if (words === null) expect(judgement.reason).toBeNull();
    else expect(judgement.reason).toContain(words);
  });
});

describe('summariseFailure', () => {
  it('shows the words around each test that turned red', () => {
    const output = '✔ fine (1ms)\n✖ breaks (1ms)\n  TypeError: x\n      at f (a.js:1:1)\n\n✔ other (1ms)\nnoise\n';
    const text = summariseFailure([check({ status: 'failed', output })], ['breaks']);
    expect(text).toContain('$ npm test\n(test ended with exit code 1');
    expect(text).toContain('✖ breaks (1ms)\n  TypeError: x\n      at f (a.js:1:1)');
    expect(text).not.toMatch(/fine|other|noise/);
  });

  it('keeps within its bound and gives the end of what it cannot read', () => {
    const output = `${'x'.repeat(50_000)}\nthe end`;
    const text = summariseFailure([check({ status: 'failed', output })], [], 2_000);
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(text.endsWith('the end')).toBe(true);
    expect(summariseFailure([check()])).toBe('');
  });
});
