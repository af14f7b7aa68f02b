// Names read from what real runners print (node:test of Node 20, jest 29, mocha 11, ava 6, vitest 4), cut to what matters.
import { describe, expect, it } from 'vitest';
import { readTestNames } from './test-names.js';

const read = (output: string, folder = '/box/checks') => readTestNames(output, '', folder);

describe('readTestNames', () => {
  it('reads the TAP of node:test: nesting, todo, skip, escaped names, YAML that looks like tests', () => {
    const names = read(`TAP version 13
# Subtest: top ok
ok 1 - top ok
  ---
  duration_ms: 0.76
  ...
# Subtest: plain error
not ok 3 - plain error
  ---
  error: |-
    not ok 9 - inside the words of an error
  stack: |-
    exports.boom (/box/checks/app.js:2:30)
  ...
not ok 5 - todo fails # TODO
  ---
  error: 'x'
  ...
ok 6 - skipped # SKIP
# Subtest: suite
    # Subtest: child ok
    ok 1 - child ok
      ---
      duration_ms: 0.09
      ...
    # Subtest: inner
        # Subtest: deep
        not ok 1 - deep
          ---
          failureType: 'testCodeFailure'
          ...
        1..1
    not ok 3 - inner
      ---
      type: 'suite'
      failureType: 'subtestsFailed'
      ...
    1..3
not ok 7 - suite
  ---
  type: 'suite'
  ...
ok 9 - esc \\# hash \\\\ back
# console.log of a test: ok 12 - not a test
not ok 2 - /box/checks/test/b.test.js
  ---
  error: 'test failed'
  ...
1..10
# fail 5
`);
    expect(names).toEqual({
      failed: ['plain error', 'suite > inner > deep', 'suite > inner', 'suite', 'test/b.test.js'],
      passed: ['top ok', 'suite > child ok', 'esc # hash \\ back'],
    });
  });

  it('tells tests of the same name apart', () => {
    expect(read('TAP version 13\nok 1 - same\nnot ok 2 - same\nok 3 - same\n1..3\n')).toEqual({
      passed: ['same', 'same (3)'],
      failed: ['same (2)'],
    });
  });

  it('reads subtests that follow their parent in braces', () => {
    const tap =
      'TAP version 14\n# Subtest: a.js\nok 1 - a.js # time=5ms {\n    not ok 1 - child # time=2ms\n    1..1\n}\nok 2 - b # time=1.5ms\n1..2\n';
    expect(read(tap)).toEqual({ passed: ['a.js', 'b'], failed: ['a.js > child'] });
  });

  it('reads the spec report of node:test and stops at its list of failures', () => {
    const names = read(`✔ top ok (0.723947ms)
✖ top fails (0.191207ms)
  TypeError [Error]: Cannot read properties of undefined (reading 'items')
      at exports.total (/box/checks/app.js:1:32)

✖ todo fails (0.067682ms) # TODO
﹣ skipped (0.070837ms) # SKIP
▶ suite
  ✔ child ok (0.091808ms)
  ✖ child fails (5.552568ms)
    AssertionError [ERR_ASSERTION]: The expression evaluated to a falsy value:
  ▶ inner
    ✔ deep (0.128373ms)
  ✔ inner (0.268974ms)
✖ suite (6.187911ms)
✖ /box/checks/test/b.test.js (59.162745ms)
  'test failed'

ℹ tests 13
ℹ fail 5

✖ failing tests:

test at test/a.test.js:3:1
✖ top fails (0.191207ms)
`);
    expect(names).toEqual({
      failed: ['top fails', 'suite > child fails', 'suite', 'test/b.test.js'],
      passed: ['top ok', 'suite > child ok', 'suite > inner > deep', 'suite > inner'],
    });
  });

  const jestDetails = `  ● suite › child fails

    expect(received).toBe(expected)

      at Object.toBe (test/a.test.js:5:89)

`;
  it('reads the verbose report of jest from standard error', () => {
    const report = `FAIL test/a.test.js
  ✓ top ok (1 ms)
  ○ skipped skipped
  ✎ todo later
  suite
    ✓ child ok
    ✕ child fails (2 ms)
    inner
      ✓ deep
  ✓ after

${jestDetails}FAIL test/b.test.js
  ● Test suite failed to run

    Cannot find module '../missing.js' from 'test/b.test.js'

PASS test/c.test.js
  ✓ only

Tests:       2 failed, 1 skipped, 1 todo, 4 passed, 8 total
`;
    expect(readTestNames('', report, '/box/checks')).toEqual({
      failed: ['test/a.test.js > suite > child fails', 'test/b.test.js'],
      passed: [
        'test/a.test.js > top ok',
        'test/a.test.js > suite > child ok',
        'test/a.test.js > suite > inner > deep',
        'test/a.test.js > after',
        'test/c.test.js > only',
      ],
    });
  });

  it('reads the plain report of jest: files, and the tests that failed', () => {
    expect(
      read(
        `FAIL test/a.test.js\n  ● Console\n\n    console.log\n      noise\n\n${jestDetails}PASS test/c.test.js\nTests:       1 failed, 3 total\n`,
      ),
    ).toEqual({
      failed: ['test/a.test.js', 'test/a.test.js > suite > child fails'],
      passed: ['test/c.test.js'],
    });
  });

  it('reads mocha, as spec and as TAP', () => {
    const spec = `
  ✔ top ok
  1) top fails
  - later
  suite
    ✔ child ok (12ms)
    2) child fails
    inner
      ✔ deep

  3 passing (4ms)
  2 failing

  1) top fails:
     TypeError: x
`;
    expect(read(spec)).toEqual({
      failed: ['top fails', 'suite > child fails'],
      passed: ['top ok', 'suite > child ok', 'suite > inner > deep'],
    });
    const tap = `noise\nok 1 top ok\nnot ok 2 suite child fails\n  1 == 2\n      at Context.<anonymous> (test/a.js:5:86)\nok 3 later # SKIP -\n# tests 2\n1..3\n`;
    expect(read(tap)).toEqual({ failed: ['suite child fails'], passed: ['top ok'] });
  });

  it('reads ava, as list and as TAP', () => {
    expect(
      read(
        '\n  - [skip] a › skipped\n  ✔ a › top ok\n  ✔ a › slow (1.2s)\n  ✘ [fail]: a › assert\n  ─\n\n  1 test failed\n',
      ),
    ).toEqual({
      failed: ['a › assert'],
      passed: ['a › top ok', 'a › slow'],
    });
    expect(
      read('TAP version 13\nok 1 - a › skipped # SKIP\nnot ok 2 - a › later # TODO\nok 5 - a › top ok\n\n1..5\n'),
    ).toEqual({
      failed: [],
      passed: ['a › top ok'],
    });
  });

  it('reads vitest: TAP beside its own report, or the report alone', () => {
    const report = (lines: string) =>
      ` RUN  v4.1.12 /box/checks\n\n${lines}\n Test Files  1 failed (2)\n      Tests  1 failed\n`;
    const failures = ` FAIL  test/b.test.js [ test/b.test.js ]\nError: Cannot find module\n FAIL  test/a.test.js > suite > child fails\nAssertionError\n`;
    const plain = report(
      ` ❯ test/a.test.js (7 tests | 2 failed) 8ms\n   ✓ top ok 2ms\n     × child fails 2ms\n ✓ test/c.test.js (1 test) 301ms\n     ✓ slow  300ms\n${failures}`,
    );
    const failed = ['test/b.test.js', 'test/a.test.js > suite > child fails'];
    expect(read(plain)).toEqual({ failed, passed: ['test/c.test.js'] });
    const verbose = report(
      ` ✓ test/a.test.js > top ok 2ms\n × test/a.test.js > suite > child fails 2ms\n   → expected 1 to be 2\n${failures}`,
    );
    expect(read(verbose)).toEqual({ failed, passed: ['test/a.test.js > top ok'] });
    const tap =
      'TAP version 13\n1..2\nok 1 - test/a.test.js > top ok # time=1.57ms\nnot ok 2 - test/b.test.js\n    ---\n    error:\n        name: "Error"\n    ...\n';
    expect(read(plain + tap)).toEqual({ failed: ['test/b.test.js'], passed: ['test/a.test.js > top ok'] });
  });

  it('reads through terminal colours, and says null to what it does not know', () => {
    expect(read('\u001b[32m✔ a \u001b[90m(1ms)\u001b[39m\u001b[39m\n\u001b[34mℹ tests 1\u001b[39m\n')).toEqual({
      failed: [],
      passed: ['a'],
    });
    expect(read('All good\n')).toBeNull();
    expect(read('')).toBeNull();
  });
});
