import { expect, it } from 'vitest';
import { sampleFix } from '../follow/sample-fix.testkit.js';
import { formatMetrics } from './metrics.js';

const incidents = [
  { id: 'a', error: { type: 'TypeError' }, fixes: [{ ...sampleFix, mergedAt: 1, resolvedAt: 2 }] },
  { id: 'b', error: { type: 'Odd "type"\n\\' }, fixes: [{ ...sampleFix, rung: 'codex', closedAt: 1 }] },
];
const store = {
  jobs: {
    listOpen: () => Promise.resolve([{ state: 'repairing', createdAt: 1_000 }]),
    list: () => Promise.resolve({ items: incidents.map(({ id }) => ({ incidentId: id })), next: null }),
  },
  incidents: { get: (id: string) => Promise.resolve(incidents.find((one) => one.id === id) ?? null) },
  ledger: { total: () => Promise.resolve({ usd: 1.25, tokens: 300 }) },
};

it('counts jobs, money and what became of fixes by class and rung', async () => {
  const counters = { reportsAccepted: 3, reportsDuplicate: 1, jobsEnded: { published: 2 } };
  const lines = (await formatMetrics(store as never, counters, 61_000)).split('\n');
  for (const line of [
    'levautofix_fixer_jobs_open{state="repairing"} 1',
    'levautofix_fixer_oldest_open_job_seconds 60',
    'levautofix_fixer_jobs_ended_total{state="published"} 2',
    'levautofix_fixer_spent_usd_24h 1.25',
    '# TYPE levautofix_fixer_fixes gauge',
    'levautofix_fixer_fixes{error_type="TypeError",rung="claude-code",outcome="merged_as_is"} 1',
    'levautofix_fixer_fixes{error_type="TypeError",rung="claude-code",outcome="resolved"} 1',
    'levautofix_fixer_fixes{error_type="TypeError",rung="claude-code",outcome="closed"} 0',
    'levautofix_fixer_fixes{error_type="Odd \\"type\\"\\n\\\\",rung="codex",outcome="closed"} 1',
  ])
    expect(lines).toContain(line);
});
