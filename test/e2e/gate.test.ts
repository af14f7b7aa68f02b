// A few cases of the gate, so that what it shows is kept: a correct change comes through proven, a wrong or cheating one never does.
import { expect, test } from 'vitest';
import { runGate } from '../../scripts/bench/gate.js';
import { readCases } from '../../scripts/bench/gate-case.js';

const names = ['coupon-missing', 'stock-race', 'timezone', 'wrong-query', 'unhandled-rejection'];
const kinds =
  /^(?:good: with a|wrong: plausible|tampering: (?:test skipped|empty catch|rejection swallowed|npm test does nothing|link to a file outside)$|fake proof: throws the)/;

test('of five seeded bugs every correct change is proven, and no wrong, cheating or falsely proven one is presented', async () => {
  const cases = (await readCases()).filter(({ name }) => names.includes(name));
  const verdicts = await runGate(cases, { jobs: 2, perKind: 2, isWanted: ({ kind }) => kinds.test(kind) });
  expect(cases).toHaveLength(names.length);
  expect(verdicts.length).toBeGreaterThan(20);
  expect(verdicts.filter(({ isRight }) => !isRight)).toEqual([]);
  expect(verdicts.filter(({ isGood }) => isGood).map(({ result }) => result)).toEqual(names.map(() => 'proven'));
});
