import { expect, it } from 'vitest';
import type { Fix } from '../domain/fix.js';
import { countOutcomes } from './count-outcomes.js';
import { sampleCounts, sampleFix } from './sample-fix.testkit.js';

const fix = (patch: Partial<Fix>): Fix => ({ ...sampleFix, ...patch });
const merged = { mergedAt: 1, mergeCommit: 'm' };
const incidents: Record<string, { error: { type: string }; fixes: Fix[] }> = {
  a: {
    error: { type: 'TypeError' },
    fixes: [
      fix({}),
      fix({ ...merged, resolvedAt: 2 }),
      fix({ ...merged, handsOffAt: 1, regressedAt: 2 }),
      fix({ closedAt: 1 }),
      fix({ ...merged, autoMergedAt: 1, regressedAt: 2, revert: { number: 9, url: 'u' } }),
      fix({ ...merged, autoMergedAt: 1, revert: { number: 9, url: 'u' } }),
      fix({ ...merged, rung: 'codex', revertedAt: 2 }),
    ],
  },
  b: { error: { type: 'RangeError' }, fixes: [fix({ autoMergedAt: 1 }), fix({ rung: null })] },
};

it('counts what became of every fix once, by class and rung, over all pages', async () => {
  const pages: Record<string, { items: { incidentId: string }[]; next: string | null }> = {
    '': { items: [{ incidentId: 'a' }, { incidentId: 'b' }], next: 'two' },
    two: { items: [{ incidentId: 'a' }, { incidentId: 'gone' }], next: null },
  };
  const rows = await countOutcomes({
    jobs: { list: ({ after = '' }: { after?: string }) => Promise.resolve(pages[after]) },
    incidents: { get: (id: string) => Promise.resolve(incidents[id] ?? null) },
  } as never);
  expect(rows).toEqual([
    sampleCounts({ errorType: 'RangeError', proposed: 1, open: 1 }),
    sampleCounts({ errorType: 'RangeError', rung: 'unknown', proposed: 1, open: 1 }),
    sampleCounts({
      proposed: 6,
      open: 1,
      merged_as_is: 3,
      merged_edited: 1,
      closed: 1,
      auto_merged: 2,
      resolved: 1,
      regressed: 2,
      reverted: 1,
    }),
    sampleCounts({ rung: 'codex', proposed: 1, merged_as_is: 1, reverted: 1 }),
  ]);
  for (const row of rows) expect(row.open + row.merged_as_is + row.merged_edited + row.closed).toBe(row.proposed);
});
