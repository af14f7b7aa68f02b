// Recalls fixes of similar errors in this service that persons have merged, and that held.
import { fixOutcome, type Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import { clip } from '../domain/plain-text.js';
import type { Store } from '../ports/store.js';

export interface PastFix {
  error: string;
  rootCause: string;
  summary: string;
  /** The beginning of its diff. */
  diff: string;
}

export interface FixMemory {
  incidents: Pick<Store['incidents'], 'list'>;
  jobs: Pick<Store['jobs'], 'get'>;
}

const [maxFixes, maxDiff, searched, maxCandidates] = [2, 1_500, 200, 40];
const states = ['merged', 'soaking', 'resolved'] as const;

/** Likest first: those that changed one of the files at `paths`, then those of the same type of error. */
export async function recallFixes(
  incident: Pick<Incident, 'id' | 'service' | 'error'>,
  paths: readonly string[],
  { incidents, jobs }: FixMemory,
): Promise<PastFix[]> {
  const candidates: { past: Incident; fix: Fix }[] = [];
  for (const state of states) {
    for (const past of (await incidents.list({ state, limit: searched })).items) {
      const fix = past.fixes.findLast(isAccepted);
      if (fix && past.service === incident.service && past.id !== incident.id) candidates.push({ past, fix });
    }
  }
  const isOfType = ({ past }: { past: Incident }) => past.error.type !== '' && past.error.type === incident.error.type;
  candidates.sort((a, b) => Number(isOfType(b)) - Number(isOfType(a)) || (b.fix.mergedAt ?? 0) - (a.fix.mergedAt ?? 0));
  const scored: (PastFix & { likeness: number; mergedAt: number })[] = [];
  for (const { past, fix } of candidates.slice(0, maxCandidates)) {
    const job = await jobs.get(fix.jobId);
    if (!job?.change) continue;
    const isSameType = isOfType({ past });
    const isSameFile = job.change.files.some(({ path }) => paths.includes(path));
    if (!isSameType && !isSameFile) continue;
    scored.push({
      likeness: Number(isSameType) + 2 * Number(isSameFile),
      mergedAt: fix.mergedAt ?? 0,
      error: clip(`${past.error.type}: ${past.error.message}`, 300),
      rootCause: job.proposal?.rootCause ?? '',
      summary: job.proposal?.summary ?? '',
      diff: clip(job.change.diff, maxDiff),
    });
  }
  return scored
    .sort((a, b) => b.likeness - a.likeness || b.mergedAt - a.mergedAt)
    .slice(0, maxFixes)
    .map(({ error, rootCause, summary, diff }) => ({ error, rootCause, summary, diff }));
}

function isAccepted(fix: Fix): boolean {
  return fixOutcome(fix) === 'merged_as_is' && fix.revertedAt === null && fix.regressedAt === null;
}
