// Figures of the fixer in the text format of Prometheus. Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
import { workingStates } from '@levautofix/contract/job-state';
import { countOutcomes, type OutcomeCounts } from '../follow/count-outcomes.js';
import type { Store } from '../ports/store.js';

const dayMs = 24 * 60 * 60_000;

export interface FixerCounters {
  reportsAccepted: number;
  reportsDuplicate: number;
  /** Jobs that ended since the start, by state. */
  jobsEnded: Record<string, number>;
}

export async function formatMetrics(
  { jobs, ledger, incidents }: Pick<Store, 'jobs' | 'ledger' | 'incidents'>,
  counters: FixerCounters,
  now: number,
): Promise<string> {
  const open = await jobs.listOpen();
  const spent = await ledger.total({ since: now - dayMs });
  const byState = Object.fromEntries(workingStates.map((state) => [state, 0]));
  for (const job of open) byState[job.state] = (byState[job.state] ?? 0) + 1;
  const oldestMs = Math.max(0, ...open.map((job) => now - job.createdAt));
  return [
    family('jobs_open', 'gauge', 'Jobs that have not ended, by state.', byState),
    family('oldest_open_job_seconds', 'gauge', 'Age of the oldest open job.', oldestMs / 1000),
    family('jobs_ended_total', 'counter', 'Jobs that ended since the start, by state.', counters.jobsEnded),
    family('reports_accepted_total', 'counter', 'Reports taken over since the start.', counters.reportsAccepted),
    family('reports_duplicate_total', 'counter', 'Reports that had come before.', counters.reportsDuplicate),
    family('spent_usd_24h', 'gauge', 'US dollars spent or reserved in the last 24 hours.', spent.usd),
    family('spent_tokens_24h', 'gauge', 'Tokens used in the last 24 hours.', spent.tokens),
    fixFamily(await countOutcomes({ jobs, incidents })),
  ].join('');
}

/** The kinds of outcome overlap: a fix that regressed was merged before. */
function fixFamily(rows: readonly OutcomeCounts[]): string {
  const full = 'levautofix_fixer_fixes';
  const samples = rows.flatMap(({ errorType, rung, ...counts }) =>
    Object.entries(counts).map(
      ([outcome, number]) =>
        `${full}{error_type="${escapeLabel(errorType)}",rung="${escapeLabel(rung)}",outcome="${outcome}"} ${number}`,
    ),
  );
  return [`# HELP ${full} Published fixes by what became of them.`, `# TYPE ${full} gauge`, ...samples, ''].join('\n');
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function family(name: string, kind: 'gauge' | 'counter', help: string, value: number | Record<string, number>): string {
  const full = `levautofix_fixer_${name}`;
  const samples =
    typeof value === 'number'
      ? [`${full} ${value}`]
      : Object.entries(value).map(([state, number]) => `${full}{state="${state}"} ${number}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, ...samples, ''].join('\n');
}
