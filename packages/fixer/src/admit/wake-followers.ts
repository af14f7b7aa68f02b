// Tells jobs that wait for somebody else's answer that there is one, rather than letting them sleep on.
import { applyTransition } from '../job/transition.js';
import type { JobStore } from '../ports/job-store.js';
import { followersOf } from './brake-storm.js';

export async function wakeFollowers(
  askingId: string,
  jobs: Pick<JobStore, 'listOpen' | 'save'>,
  now: number,
): Promise<void> {
  for (const job of followersOf(askingId, await jobs.listOpen())) {
    const note = 'The storm was answered.';
    const result = applyTransition(job, { event: 'deferred', patch: { notBefore: now, deferrals: 0 }, note }, now);
    // False when a worker was first, which then finds the answer by itself.
    if (result.isAllowed) await jobs.save(job, result.job, result.entry);
  }
}
