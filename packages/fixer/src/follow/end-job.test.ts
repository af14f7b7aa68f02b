import { expect, it } from 'vitest';
import type { HistoryEntry, Job } from '../domain/job.js';
import { newJob } from '../job/new-job.js';
import { endJob } from './end-job.js';
import type { FollowDeps } from './follow-deps.js';

const incident = { id: 'i', service: 'shop', fingerprint: 'v1:0123456789abcdef', severity: 'high' } as never;
const job = (state: Job['state']): Job => ({ ...newJob({ id: 'j', incident, baseBranch: 'main', now: 0 }), state });

/** A worker writes `meanwhile` right before the first write from here. */
function storeOf(first: Job, meanwhile?: Job) {
  let stored = first;
  let next = meanwhile;
  const ended: [Job, HistoryEntry][] = [];
  const deps = {
    jobs: {
      get: () => Promise.resolve(stored),
      save(previous: Job, job: Job) {
        if (next) [stored, next] = [next, undefined];
        if (previous.version !== stored.version) return Promise.resolve(false);
        stored = job;
        return Promise.resolve(true);
      },
    },
    onJobEnded: (job: Job, entry: HistoryEntry) => Promise.resolve(void ended.push([job, entry])),
  } as unknown as FollowDeps;
  return { deps, ended, state: () => stored.state };
}

it.each([
  ['queued', 'cancelled'],
  ['repairing', 'cancelled'],
  ['awaiting_approval', 'cancelled'],
  ['publishing', 'superseded'],
] as const)('ends a job that is %s as %s and tells of it', async (state, expected) => {
  const { deps, ended } = storeOf(job(state));
  await endJob(job(state), 'It was merged.', deps, 5);
  expect(ended).toMatchObject([
    [
      { state: expected, reason: 'It was merged.' },
      { from: state, at: 5 },
    ],
  ]);
});

it('ends it also when a worker moved it at the same moment, and leaves one that has ended by itself', async () => {
  const moved = storeOf(job('repairing'), { ...job('publishing'), version: 7 });
  await endJob(job('repairing'), 'x', moved.deps, 5);
  expect(moved.state()).toBe('superseded');
  const over = storeOf(job('repairing'), { ...job('exhausted'), version: 7 });
  await endJob(job('repairing'), 'x', over.deps, 5);
  expect(over.state()).toBe('exhausted');
  expect(over.ended).toEqual([]);
});
