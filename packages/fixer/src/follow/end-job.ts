// Ends a job whose pull request a person has decided about meanwhile.
import { isTerminal } from '@levautofix/contract/job-state';
import type { Job } from '../domain/job.js';
import { applyTransition } from '../job/transition.js';
import type { FollowDeps } from './follow-deps.js';

/** The worker that may hold it notices that its write is refused, or that its lease is gone, and drops what it did. */
export async function endJob(job: Job, reason: string, { jobs, onJobEnded }: FollowDeps, now: number): Promise<void> {
  for (let current: Job | null = job; current && !isTerminal(current.state); current = await jobs.get(job.id)) {
    const event = current.state === 'publishing' ? 'superseded' : 'cancelled';
    const result = applyTransition(current, { event, patch: { reason }, note: reason }, now);
    if (!result.isAllowed) return;
    if (!(await jobs.save(current, result.job, result.entry))) continue;
    await onJobEnded?.(result.job, result.entry);
    return;
  }
}
