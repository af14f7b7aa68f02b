// Figures of the fixer in the text format of Prometheus. Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
import { workingStates } from '@levautofix/contract/job-state';
import type { Store } from '../ports/store.js';

const dayMs = 24 * 60 * 60_000;

export interface FixerCounters {
  reportsAccepted: number;
  reportsDuplicate: number;
  /** Jobs that ended since the start, by state. */
  jobsEnded: Record<string, number>;
}

export async function formatMetrics(
  { jobs, ledger }: Pick<Store, 'jobs' | 'ledger'>,
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
  ].join('');
}

function family(name: string, kind: 'gauge' | 'counter', help: string, value: number | Record<string, number>): string {
  const full = `levautofix_fixer_${name}`;
  const samples =
    typeof value === 'number'
      ? [`${full} ${value}`]
      : Object.entries(value).map(([state, number]) => `${full}{state="${state}"} ${number}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, ...samples, ''].join('\n');
}
