// Runs the step that is due for a claimed job and turns its outcome, a value or a fault, into one transition.
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { backoffMs } from '@levautofix/service-kit/retry';
import type { WorkingState } from '@levautofix/contract/job-state';
import type { Job } from '../domain/job.js';
import type { Transition } from '../job/transition.js';

export interface StepContext {
  /** Fires when the lease is lost or the service stops: what the step finds out after that is dropped. */
  signal: AbortSignal;
  now: () => number;
}

/** Does what a state says is due. Safe to run again from the start, because a crash repeats it. */
export type Step = (job: Job, context: StepContext) => Promise<Transition>;
export type Steps = Record<WorkingState, Step>;

export interface StepLimits {
  /** Takeovers of a dead worker's lease in one state before the job is given up. */
  maxCrashes: number;
  /** Passing faults in a row in one state before the job is given up. */
  maxDeferrals: number;
  random: () => number;
}

export async function runStep(job: Job, steps: Steps, context: StepContext, limits: StepLimits): Promise<Transition> {
  if (job.crashes > limits.maxCrashes) {
    const reason = `The fixer died ${job.crashes} times while the job was ${job.state}; it is left for a person.`;
    return { event: 'faulted', patch: { reason }, note: reason };
  }
  try {
    return await steps[job.state as WorkingState](job, context);
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = describeError(error);
    if (!(error instanceof Fault && error.isRetryable)) return { event: 'faulted', patch: { reason }, note: reason };
    // A stated waiting time (a usage limit that resets at five) is no sign of trouble and does not count towards the limit.
    if (error.retryAt === undefined && job.deferrals >= limits.maxDeferrals) {
      return { event: 'faulted', patch: { reason: `${reason} (given up after ${job.deferrals} tries)` }, note: reason };
    }
    const wait = backoffMs(job.deferrals + 1, { baseMs: 5_000, capMs: 15 * 60_000, random: limits.random });
    const notBefore = error.retryAt ?? context.now() + wait;
    return { event: 'deferred', patch: { notBefore, reason }, note: reason };
  }
}
