import { expect, it } from 'vitest';
import type { ChangedFile } from '../domain/change.js';
import { sampleFile } from '../domain/sample-file.testkit.js';
import { maxMergeFiles, maxMergeLines, mergeDelayMs, mergeObstacle, type MergeCase } from './judge-merge.js';
import { sampleCounts } from './sample-fix.testkit.js';

const change = (files: ChangedFile[], linesAdded = 2) => ({ files, linesAdded, linesDeleted: 0, diff: '' });
const commit = 'c'.repeat(40);
const approval = (approved: string | null, answer: 'approve' | 'skip' = 'approve') => ({
  ...{ nonce: 'n', diffHash: 'd', askedAt: 0, expiresAt: 1, shownAt: {}, commit: approved },
  decision: { answer, by: 'ann', at: 0 },
});
const good: MergeCase = {
  incident: { error: { type: 'TypeError', message: 'x', stack: [] } },
  job: {
    result: 'proven',
    flags: [],
    change: change([sampleFile()]),
    predecessor: null,
    updatedAt: 0,
    commit,
    approval: approval(commit),
  },
  remarks: [],
  errorTypes: ['TypeError'],
  outcomes: [sampleCounts({ resolved: 20 })],
};
const withJob = (patch: Partial<MergeCase['job']>): MergeCase => ({ ...good, job: { ...good.job, ...patch } });

it('lets a small, proven fix of a class with a record be merged', () => {
  expect(mergeObstacle(good, mergeDelayMs)).toBeNull();
  const largest = change(
    Array.from({ length: maxMergeFiles }, () => sampleFile({ kind: 'added' })),
    maxMergeLines,
  );
  expect(mergeObstacle(withJob({ change: largest }), mergeDelayMs)).toBeNull();
});

const flag = { kind: 'mode', file: 'a', line: null, note: 'becomes an executable file.' };
const remark = { id: '1', by: 'ann', text: 'Wait.', path: null, line: null, at: 0 };
it.each<[string, MergeCase, number?]>([
  ['another class', { ...good, incident: { error: { type: 'RangeError', message: '', stack: [] } } }],
  ['no class at all', { ...good, errorTypes: [] }],
  ['a fix that is verified only', withJob({ result: 'verified' })],
  ['a fix approved before its repair', withJob({ approval: approval(null) })],
  ['a fix that nobody was asked about', withJob({ approval: null })],
  ['a fix whose question is open', withJob({ approval: { ...approval(commit), decision: null } })],
  ['another commit than the approved one', withJob({ commit: 'd'.repeat(40) })],
  ['a fix of a fix', withJob({ predecessor: { why: 'regressed' } as never })],
  ['something odd in it', withJob({ flags: [flag] })],
  ['too many lines', withJob({ change: change([sampleFile()], maxMergeLines + 1) })],
  ['too many files', withJob({ change: change(Array.from({ length: maxMergeFiles + 1 }, () => sampleFile())) })],
  ['a deleted file', withJob({ change: change([sampleFile({ kind: 'deleted' })]) })],
  ['a renamed file', withJob({ change: change([sampleFile({ kind: 'renamed', oldPath: 'b' })]) })],
  ['a binary file', withJob({ change: change([sampleFile({ isBinary: true })]) })],
  ['a change nobody described', withJob({ change: null })],
  ['a remark', { ...good, remarks: [remark] }],
  ['a pull request that has just been opened', good, mergeDelayMs - 1],
  ['a class without a record', { ...good, outcomes: [sampleCounts({ resolved: 19 })] }],
])('leaves %s to people', (_, candidate, now = mergeDelayMs) => {
  expect(mergeObstacle(candidate, now)).toEqual(expect.any(String));
});
