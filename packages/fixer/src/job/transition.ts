// Applies one event to a job: the next job and its history row, or a refusal. Pure.
import { isTerminal, type JobState } from '@levautofix/contract/job-state';
import type { HistoryEntry, Job } from '../domain/job.js';
import { stateTable, type JobEvent } from './state-table.js';

/** What a step may change; identity, lease and bookkeeping belong to the queue. */
export type JobPatch = Partial<
  Omit<
    Job,
    | 'id'
    | 'incidentId'
    | 'fingerprint'
    | 'service'
    | 'state'
    | 'leasedBy'
    | 'leasedUntil'
    | 'fence'
    | 'version'
    | 'createdAt'
    | 'updatedAt'
  >
>;

export interface Transition {
  event: JobEvent;
  patch?: JobPatch;
  /** Shown in the timeline. */
  note?: string | null;
}

export type TransitionResult =
  { isAllowed: true; job: Job; entry: HistoryEntry } | { isAllowed: false; reason: string };

export function applyTransition(
  job: Job,
  { event, patch = {}, note = null }: Transition,
  now: number,
): TransitionResult {
  const row: Partial<Record<JobEvent, JobState>> = stateTable[job.state];
  const to = row[event];
  if (to === undefined) {
    return {
      isAllowed: false,
      reason: isTerminal(job.state)
        ? `The job has already ended (${job.state}).`
        : `A job that is ${job.state} cannot take "${event}".`,
    };
  }
  const next: Job = {
    ...job,
    // A step that got through starts the next one at once and with clean counts; waiting is asked for by the patch.
    notBefore: now,
    crashes: event === 'deferred' ? job.crashes : 0,
    deferrals: event === 'deferred' ? job.deferrals + 1 : 0,
    ...patch,
    state: to,
    leasedBy: null,
    leasedUntil: null,
    version: job.version + 1,
    updatedAt: now,
  };
  return {
    isAllowed: true,
    job: next,
    entry: { jobId: job.id, version: next.version, at: now, event, from: job.state, to, note },
  };
}
