// A storm of errors against a store in memory: who starts, who asks, and what an answer does to the rest.
import { fingerprintSchema } from '@levautofix/contract/fingerprint';
import { expect, it } from 'vitest';
import type { Job } from '../domain/job.js';
import { newJob } from '../job/new-job.js';
import { applyTransition, type Transition } from '../job/transition.js';
import { brakeStorm, followAnswer, stormWindowMs } from './brake-storm.js';
import { wakeFollowers } from './wake-followers.js';

const at = 1_000_000;

it('works on the first errors, asks once for all others, and lets them follow the answer', async () => {
  const { jobs, admitAll, byState } = storm(40);
  admitAll();
  expect(byState()).toEqual({ preparing: 10, awaiting_start: 30 });
  const asking = jobs.filter(({ id, askedWith }) => askedWith === id);
  expect(asking).toHaveLength(1);
  expect(asking[0]!.reason).toMatch(/^More than 10 new errors in shop within five minutes\. This question stands for/);
  const waiting = jobs.filter(({ id, askedWith }) => askedWith === asking[0]!.id && askedWith !== id);
  expect(waiting).toHaveLength(29);

  const parked = followAnswer(asking[0]!, at);
  expect(parked).toMatchObject({ event: 'deferred', patch: { deferrals: 0 } });
  apply(waiting[0]!, { event: 'deferred', patch: { notBefore: at + 1e9 } });
  apply(asking[0]!, { event: 'approved' });
  await wakeFollowers(asking[0]!.id, store(jobs), at + 5);
  for (const job of waiting) {
    expect(job.notBefore).toBe(at + 5);
    apply(job, followAnswer(asking[0]!, at + 5)!);
  }
  expect(byState()).toEqual({ preparing: 40 });
  expect(waiting[0]!.admittedAt).toBe(at + 5);
});

it('leaves all of them when the answer is no or nobody answers, and asks anew when the asking job was cancelled', () => {
  const asking = { ...storm(1).jobs[0]!, askedWith: 'job-00' };
  expect(followAnswer({ ...asking, state: 'rejected' }, at)?.event).toBe('rejected');
  expect(followAnswer({ ...asking, state: 'expired' }, at)?.event).toBe('approval_expired');
  expect(followAnswer({ ...asking, state: 'cancelled' }, at)).toBeNull();
  expect(followAnswer(null, at)).toBeNull();
  // This no was about its own change: the storm had been approved before.
  expect(followAnswer({ ...asking, state: 'rejected', commit: 'c' }, at)?.event).toBe('approved');
});

it('knows no storm across services, over a longer time, or of errors that need no work', () => {
  const { jobs } = storm(11);
  const last = jobs.at(-1)!;
  const others = jobs.slice(0, -1);
  expect(brakeStorm({ job: last, others }, 10)?.event).toBe('start_requested');
  expect(brakeStorm({ job: last, others }, 11)).toBeNull();
  expect(brakeStorm({ job: last, others }, 0)).toBeNull();
  expect(brakeStorm({ job: { ...last, service: 'mail' }, others }, 10)).toBeNull();
  expect(brakeStorm({ job: { ...last, createdAt: at + stormWindowMs + 1 }, others }, 10)).toBeNull();
  const idle = others.map((job, index) => (index === 3 ? { ...job, state: 'superseded' as const } : job));
  expect(brakeStorm({ job: last, others: idle }, 10)).toBeNull();
});

function storm(count: number) {
  const jobs = Array.from({ length: count }, (_, index) => {
    const fingerprint = fingerprintSchema.parse(`v1:${index.toString(16).padStart(16, '0')}`);
    const incident = { id: `i-${index}`, fingerprint, service: 'shop', severity: 'high' as const };
    return newJob({ id: `job-${String(index).padStart(2, '0')}`, incident, baseBranch: 'main', now: at });
  });
  return {
    jobs,
    admitAll: () => {
      // The most severe first, which may be the newest.
      for (const job of jobs.toReversed()) {
        const others = jobs.filter((other) => other !== job);
        apply(job, brakeStorm({ job, others }, 10) ?? { event: 'started', patch: { admittedAt: at } });
      }
    },
    byState: () => jobs.reduce<Record<string, number>>((n, { state }) => ({ ...n, [state]: (n[state] ?? 0) + 1 }), {}),
  };
}

function apply(job: Job, transition: Transition): void {
  const result = applyTransition(job, transition, at);
  if (!result.isAllowed) throw new Error(result.reason);
  Object.assign(job, result.job);
}

function store(jobs: Job[]) {
  return {
    listOpen: () => Promise.resolve(jobs),
    save: (previous: Pick<Job, 'id'>, next: Job) => {
      Object.assign(
        jobs.find(({ id }) => id === previous.id)!,
        next,
      );
      return Promise.resolve(true);
    },
  };
}
