// Counts what became of published fixes, by type of error and by who wrote them.
import { fixOutcome, type Fix, type FixOutcome } from '../domain/fix.js';
import type { Store } from '../ports/store.js';

/** The four outcomes add up to `proposed`; the rest says what merged ones proved to be worth. */
export interface OutcomeCounts extends Record<FixOutcome, number> {
  errorType: string;
  rung: string;
  proposed: number;
  /** Merged by the fixer, by a rule of the configuration. */
  auto_merged: number;
  resolved: number;
  regressed: number;
  /** Taken back; or asked to be, for another reason than having regressed. */
  reverted: number;
}

/** Sorted by type of error, then rung. */
export async function countOutcomes({ jobs, incidents }: Pick<Store, 'jobs' | 'incidents'>): Promise<OutcomeCounts[]> {
  const incidentIds = new Set<string>();
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof jobs.list>> = await jobs.list({
      state: 'published',
      limit: 200,
      ...(after !== null && { after }),
    });
    for (const { incidentId } of page.items) incidentIds.add(incidentId);
    after = page.next;
  } while (after !== null);

  const rows = new Map<string, OutcomeCounts>();
  for (const id of incidentIds) {
    const incident = await incidents.get(id);
    for (const fix of incident?.fixes ?? []) {
      const errorType = incident?.error.type ?? '';
      const rung = fix.rung ?? 'unknown';
      const key = JSON.stringify([errorType, rung]);
      const row = rows.get(key) ?? emptyRow(errorType, rung);
      add(row, fix);
      rows.set(key, row);
    }
  }
  return [...rows.values()].sort((a, b) => order(a.errorType, b.errorType) || order(a.rung, b.rung));
}

function emptyRow(errorType: string, rung: string): OutcomeCounts {
  const outcomes = { open: 0, merged_as_is: 0, merged_edited: 0, closed: 0 };
  return { errorType, rung, proposed: 0, ...outcomes, auto_merged: 0, resolved: 0, regressed: 0, reverted: 0 };
}

function add(row: OutcomeCounts, fix: Fix): void {
  row.proposed += 1;
  row[fixOutcome(fix)] += 1;
  if (fix.autoMergedAt && fix.mergedAt !== null) row.auto_merged += 1;
  if (fix.resolvedAt !== null) row.resolved += 1;
  if (fix.regressedAt !== null) row.regressed += 1;
  if (fix.revertedAt !== null || (fix.revert && fix.regressedAt === null)) row.reverted += 1;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
