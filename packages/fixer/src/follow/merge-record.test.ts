import { expect, it } from 'vitest';
import { missingRecord, refusedMerges } from './merge-record.js';
import { sampleCounts } from './sample-fix.testkit.js';

it.each([
  ['twenty that held', [{ resolved: 20 }], null],
  ['twenty of two rungs', [{ resolved: 12 }, { resolved: 8, rung: 'codex' }], null],
  ['one too few', [{ resolved: 19 }], '19 of the 20'],
  ['none at all', [], '0 of the 20'],
  ['those of another class', [{ resolved: 50, errorType: 'RangeError' }], '0 of the 20'],
  ['merged ones that are still watched', [{ merged_as_is: 40, resolved: 3 }], '3 of the 20'],
  ['one of fifty came back', [{ resolved: 49, regressed: 1 }], null],
  ['one of twenty-one came back', [{ resolved: 20, regressed: 1 }], '1 of 21'],
  ['one of twenty-one was taken back', [{ resolved: 20, reverted: 1 }], '1 of 21'],
])('judges %s', (_, rows, expected) => {
  const why = missingRecord('TypeError', rows.map(sampleCounts));
  if (expected === null) expect(why).toBeNull();
  else expect(why).toContain(expected);
});

it('names the classes of a configuration that have not earned it', () => {
  const rows = [sampleCounts({ resolved: 20 })];
  expect(refusedMerges(['TypeError', 'RangeError'], rows)).toEqual([
    { errorType: 'RangeError', why: expect.stringContaining('0 of the 20') as string },
  ]);
});
