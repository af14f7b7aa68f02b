import { expect, it } from 'vitest';
import type { Incident } from '../domain/incident.js';
import { changeIncident } from './change-incident.js';
import { sampleFix } from './sample-fix.testkit.js';

const older = { ...sampleFix, jobId: 'job-0', pullRequest: { number: 3, url: 'u3' } };
const incident = {
  id: 'i',
  service: 'shop',
  severity: 'high',
  state: 'fix_proposed',
  jobId: 'job-1',
  error: { type: 'TypeError', message: 'no hunter2hunter2', stack: [] },
  fixes: [older, sampleFix],
  count: 1,
  version: 1,
} as unknown as Incident;
const merged = { ...sampleFix, mergedAt: 5 };
const change = { patch: { state: 'merged' as const }, fix: merged, news: 'Merged.' };

/** What is stored by the time of the first write. */
function worldOf(stored: Incident | null) {
  const news: string[] = [];
  const deps = {
    incidents: {
      get: () => Promise.resolve(stored),
      update(current: Incident, patch: Partial<Incident>) {
        if (stored?.version !== current.version) return Promise.resolve(null);
        stored = { ...stored, ...patch, version: stored.version + 1 };
        return Promise.resolve(stored);
      },
    } as never,
    onNews: (_: Incident, text: string) => Promise.resolve(void news.push(text)),
    secrets: ['hunter2hunter2'],
  };
  return { deps, news };
}

it('writes the fix in the place of what was known of it, also over a report that came in between, and tells of it', async () => {
  const { deps, news } = worldOf({ ...incident, count: 2, version: 2 });
  const updated = await changeIncident(incident, change, deps);
  expect(updated).toMatchObject({ state: 'merged', count: 2, fixes: [older, merged] });
  expect(news).toEqual(['Merged.\nhigh · shop · TypeError: no [redacted:known]\nhttps://host/pull/7']);
});

it.each([
  ['a person had another last word', { ...incident, state: 'skipped' as const, version: 2 }],
  ['a newer job works on it', { ...incident, jobId: 'job-2', version: 2 }],
  ['it is gone', null],
])('changes and tells nothing when %s', async (_, stored) => {
  const { deps, news } = worldOf(stored);
  expect(await changeIncident(incident, change, deps)).toBeNull();
  expect(news).toEqual([]);
});

it('tells nothing of what nobody needs to hear', async () => {
  const { deps, news } = worldOf(incident);
  expect(await changeIncident(incident, { ...change, news: null }, deps)).not.toBeNull();
  expect(news).toEqual([]);
});
