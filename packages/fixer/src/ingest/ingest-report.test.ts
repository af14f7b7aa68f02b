import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { sampleReport } from '@levautofix/contract/sample-report.testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../adapters/sqlite/open-sqlite-store.js';
import type { Job } from '../domain/job.js';
import type { Store } from '../ports/store.js';
import { ingestReports, openMissingJobs, type IngestDeps } from './ingest-report.js';

const now = Date.parse('2026-03-01T12:00:00Z');
let folder: string;
let store: Store;
let deps: IngestDeps;
let opened: Job[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'levautofix-ingest-'));
  store = await openSqliteStore({ folder });
  opened = [];
  deps = {
    incidents: store.incidents,
    jobs: store.jobs,
    services: [{ name: 'shop', baseBranch: 'trunk' }],
    onJobOpened: (job) => opened.push(job),
  };
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

it('opens one queued job for a new error, linked with its incident', async () => {
  expect(await ingestReports([report({ id: 'r1' })], deps, now)).toEqual({ accepted: 1, duplicates: 0 });
  const [job] = await store.jobs.listOpen();
  expect(opened).toEqual([job]);
  expect(job).toMatchObject({
    state: 'queued',
    branch: 'hotfix/auto-0123456789abcdef',
    baseBranch: 'trunk',
    severity: 'high',
  });
  expect(await store.incidents.get(job!.incidentId)).toMatchObject({ state: 'open', jobId: job!.id, count: 1 });
});

it('counts further reports into the same incident and job', async () => {
  const batch = [report({ id: 'r1' }), report({ id: 'r2', count: 4 }), report({ id: 'r2', count: 4 })];
  expect(await ingestReports(batch, deps, now)).toEqual({ accepted: 2, duplicates: 1 });
  expect(opened).toHaveLength(1);
  expect((await store.incidents.list({ limit: 5 })).items.map(({ count }) => count)).toEqual([5]);
});

it('rejects a report of a service it has no repository for, and takes the rest', async () => {
  const receipt = await ingestReports([report({ id: 'r1', service: 'blog' }), report({ id: 'r2' })], deps, now);
  expect(receipt).toEqual({
    accepted: 1,
    duplicates: 0,
    rejected: [{ id: 'r1', reason: expect.stringContaining('"blog" (known: shop)') as string }],
  });
  expect(await store.incidents.list({ limit: 5 })).toMatchObject({ items: [{ service: 'shop' }] });
});

it('opens a new job for an error that is back after it was resolved', async () => {
  await ingestReports([report({ id: 'r1' })], deps, now);
  await end(opened[0]!);
  const incident = (await store.incidents.get(opened[0]!.incidentId))!;
  await store.incidents.update(incident, { state: 'resolved' });
  await ingestReports([report({ id: 'r2' })], deps, now + 1);
  expect(opened).toHaveLength(2);
  expect(await store.incidents.get(incident.id)).toMatchObject({ state: 'regressed', jobId: opened[1]!.id });
});

it('tells the new job what failed when a published fix did not hold', async () => {
  await ingestReports([report({ id: 'r1' })], deps, now);
  const change = { files: [], linesAdded: 1, linesDeleted: 0, diff: '+guard' };
  await end({ ...opened[0]!, pullRequest: { number: 4, url: 'u' }, change });
  const incident = (await store.incidents.get(opened[0]!.incidentId))!;
  await store.incidents.update(incident, { state: 'regressed', jobId: null, reason: 'Seen again in release 2.' });
  expect(await openMissingJobs(deps, now)).toBe(1);
  expect(opened[1]?.predecessor).toMatchObject({
    jobId: opened[0]!.id,
    why: 'regressed',
    pullRequest: { number: 4 },
    reason: 'Seen again in release 2.',
    diff: '+guard',
  });
});

it('leaves a failing probe to a person', async () => {
  await ingestReports([report({ kind: 'probe' })], deps, now);
  expect(opened).toEqual([]);
  expect((await store.incidents.list({ limit: 5 })).items[0]).toMatchObject({ state: 'needs_person' });
});

it('makes up for the job when the process died between the two writes', async () => {
  await expect(ingestReports([report({ id: 'r1' })], { ...deps, jobs: dying('open') }, now)).rejects.toThrow('killed');
  // The watcher, which got no answer, sends the report again.
  expect(await ingestReports([report({ id: 'r1' })], deps, now)).toEqual({ accepted: 0, duplicates: 1 });
  expect(opened).toHaveLength(1);
});

it('makes up for the job at a start, without hearing of the error again', async () => {
  await expect(ingestReports([report({ id: 'r1' })], { ...deps, jobs: dying('open') }, now)).rejects.toThrow('killed');
  expect(await openMissingJobs(deps, now)).toBe(1);
  expect(await openMissingJobs(deps, now)).toBe(0);
  expect(await store.incidents.get(opened[0]!.incidentId)).toMatchObject({ jobId: opened[0]!.id });
});

it('links the job that was opened when the process died before the link', async () => {
  const incidents = { ...store.incidents, update: () => Promise.reject(new Error('killed')) };
  await expect(ingestReports([report({ id: 'r1' })], { ...deps, incidents }, now)).rejects.toThrow('killed');
  expect(await openMissingJobs(deps, now)).toBe(0);
  const [job] = await store.jobs.listOpen();
  expect(await store.incidents.get(job!.incidentId)).toMatchObject({ jobId: job!.id });
});

it('links the job but does not undo what somebody decided about the incident meanwhile', async () => {
  const jobs = {
    ...store.jobs,
    open: async (job: Job) => {
      const incident = (await store.incidents.get(job.incidentId))!;
      await store.incidents.update(incident, { state: 'skipped' });
      return store.jobs.open(job);
    },
  };
  await ingestReports([report({ id: 'r1' })], { ...deps, jobs }, now);
  expect((await store.incidents.list({ limit: 5 })).items[0]).toMatchObject({
    state: 'skipped',
    jobId: opened[0]!.id,
  });
});

function dying(method: 'open'): Store['jobs'] {
  return { ...store.jobs, [method]: () => Promise.reject(new Error('killed')) };
}

async function end(job: Job): Promise<void> {
  const next = { ...job, state: 'published' as const, version: job.version + 1 };
  const entry = {
    jobId: job.id,
    version: next.version,
    at: now,
    event: 'x',
    from: job.state,
    to: next.state,
    note: null,
  };
  expect(await store.jobs.save(job, next, entry)).toBe(true);
}

function report(patch: Partial<IncidentReport>): IncidentReport {
  return sampleReport({
    id: 'r1',
    firstSeenAt: '2026-03-01T11:59:00Z',
    lastSeenAt: '2026-03-01T11:59:30Z',
    ...patch,
  });
}
