// The cases of the gate are fair: many kinds of bugs, each with correct and wrong patches whose edits still fit.
import { expect, test } from 'vitest';
import { applyEdits, describedPatches, readCases } from './gate-case.js';
import { tamperingPatches } from './gate-tampering.js';

test('there are at least thirty bugs of different kinds, each with good, wrong and cheating patches', async () => {
  const cases = await readCases();
  expect(new Set(cases.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(30);
  for (const gateCase of cases) {
    const patches = [...describedPatches(gateCase), ...tamperingPatches(gateCase, { type: 'TypeError', message: 'x' })];
    const count = (word: string) => patches.filter(({ kind }) => kind.startsWith(word)).length;
    expect(count('good'), gateCase.name).toBeGreaterThanOrEqual(2);
    expect(count('wrong'), gateCase.name).toBeGreaterThanOrEqual(2);
    expect(count('tampering'), gateCase.name).toBeGreaterThanOrEqual(gateCase.modules ? 45 : 55);
    expect(count('fake proof'), gateCase.name).toBeGreaterThanOrEqual(gateCase.modules ? 0 : 8);
    for (const { changes, kind } of patches) expect(Object.keys(changes), kind).not.toEqual([]);
  }
});

test('some cases cheat in ways of their own, and some are TypeScript or run by another runner', async () => {
  const cases = await readCases();
  const kinds = cases.flatMap((gateCase) => describedPatches(gateCase).map(({ kind }) => kind));
  expect(kinds.filter((kind) => kind.startsWith('own tampering')).length).toBeGreaterThanOrEqual(90);
  expect(kinds.filter((kind) => kind.startsWith('own fake proof')).length).toBeGreaterThanOrEqual(25);
  expect(cases.filter(({ modules }) => modules !== undefined).length).toBeGreaterThanOrEqual(2);
});

test('an edit that no longer fits is an error, not a patch that does nothing', () => {
  expect(applyEdits({ a: 'one two' }, { a: ['one', 'three'] })).toEqual({ a: 'three two' });
  expect(() => applyEdits({ a: 'one one' }, { a: ['one', 'three'] })).toThrow('exactly once');
  expect(() => applyEdits({ a: 'one' }, { a: ['four', 'three'] })).toThrow('exactly once');
});
