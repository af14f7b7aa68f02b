// A fix and the counts of others, for the tests of what follows them.
import { type Fix, untouchedFix } from '../domain/fix.js';
import type { OutcomeCounts } from './count-outcomes.js';

export const sampleFix: Fix = {
  ...untouchedFix,
  jobId: 'job-1',
  rung: 'claude-code',
  pullRequest: { number: 7, url: 'https://host/pull/7' },
  branch: 'hotfix/auto-0123456789abcdef',
  baseBranch: 'main',
  commit: 'c'.repeat(40),
};

export function sampleCounts(patch: Partial<OutcomeCounts>): OutcomeCounts {
  const outcomes = { open: 0, merged_as_is: 0, merged_edited: 0, closed: 0 };
  const ends = { auto_merged: 0, resolved: 0, regressed: 0, reverted: 0 };
  return { errorType: 'TypeError', rung: 'claude-code', proposed: 0, ...outcomes, ...ends, ...patch };
}
