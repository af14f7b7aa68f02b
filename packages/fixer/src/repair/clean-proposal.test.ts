import { expect, test } from 'vitest';
import { cleanProposal } from './clean-proposal.js';

const proposal = { rootCause: 'a', summary: 'b', risk: 'c', regressionTest: null };

test('words are bounded, plain and without known secrets', () => {
  const rootCause = `hunter22 \u202e${'x'.repeat(10_000)}`;
  const cleaned = cleanProposal({ ...proposal, rootCause }, '/w', ['hunter22']);
  expect(cleaned.rootCause).toMatch(/^\[redacted:known\] <U\+202E>x+…$/);
  expect(cleaned.rootCause.length).toBe(2_000);
});

test.each([
  ['test/a.test.js', 'test/a.test.js'],
  ['./test/a.test.js', 'test/a.test.js'],
  ['/w/test/a.test.js', 'test/a.test.js'],
  ['/etc/passwd', null],
  ['../x.test.js', null],
  ['test/../../x', null],
  ['.', null],
  ['a\u0000b', null],
])('the test path %j is kept as %j', (answered, kept) => {
  expect(cleanProposal({ ...proposal, regressionTest: answered }, '/w', []).regressionTest).toBe(kept);
});
