import { expect, it } from 'vitest';
import type { Incident } from '../domain/incident.js';
import { newJob } from '../job/new-job.js';
import { createStatusPanels } from './status-panels.js';

const incident = {
  id: 'incident-1',
  service: 'shop',
  fingerprint: 'v1:0123456789abcdef',
  severity: 'high',
  state: 'open',
  count: 12,
  lastSeenAt: 0,
  error: { type: 'TypeError', message: 'bad\u001b[2J key hunter2hunter2', stack: [] },
} as unknown as Incident;
const job = newJob({ id: 'job-1', incident, baseBranch: 'main', now: 0 });

const panels = (jobs: object[], incidents: object[]) =>
  createStatusPanels({
    store: {
      jobs: { listOpen: () => Promise.resolve(jobs) },
      incidents: { list: () => Promise.resolve({ items: incidents, next: 'more' }) },
      ledger: { total: () => Promise.resolve({ usd: 1.5, tokens: 12_000 }) },
    } as never,
    now: () => 3 * 60 * 60_000,
    startedAt: 0,
    facts: { sandbox: 'bubblewrap' },
    secrets: ['hunter2hunter2'],
  });

it('tells which jobs are open and how many wait for a person', async () => {
  const many = Array.from({ length: 12 }, () => ({ ...job, state: 'awaiting_approval' }));
  const lines = await panels(many, []).read('queue');
  expect(lines[0]).toBe('12 open jobs, 12 of them waiting for a person.');
  expect(lines[1]).toBe('🟠 shop · awaiting_approval · hotfix/auto-0123456789abcdef · 3 h');
  expect(lines.at(-1)).toBe('… and 2 more');
  expect(await panels([], []).read('queue')).toEqual(['No open jobs.']);
});

it('tells the newest errors, without secrets and escapes', async () => {
  expect(await panels([], [incident]).read('errors')).toEqual([
    '🟠 shop ×12 · TypeError: bad<U+001B>[2J key [redacted:known] · open · 3 h ago',
    '… and older ones',
  ]);
  expect(await panels([], [{ ...incident, state: 'skipped' }]).read('errors')).toMatchObject([
    expect.stringMatching(/ · skipped · 3 h ago · \/reopen 0123456789abcdef$/),
    '… and older ones',
  ]);
});

it('tells how the fixer is doing', async () => {
  const lines = await panels([], []).read('system');
  expect(lines).toEqual(['Up for 3 h.', 'Last 24 hours: $1.50, 12,000 tokens.', 'sandbox: bubblewrap']);
});
