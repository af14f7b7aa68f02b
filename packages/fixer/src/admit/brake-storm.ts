// A storm: many new errors of one service at once. The first are worked on; for the rest a person is asked once. Pure.
import { isTerminal } from '@levautofix/contract/job-state';
import type { Job } from '../domain/job.js';
import type { Transition } from '../job/transition.js';

export const stormWindowMs = 5 * 60_000;

/** Null when there is none. The first job beyond the limit asks for all, the others wait for its answer. */
export function brakeStorm(
  { job, others }: { job: Job; others: readonly Job[] },
  stormErrors: number,
): Transition | null {
  if (stormErrors === 0 || job.predecessor) return null;
  const before = others.filter((other) => isOfSameStorm(other, job) && isBefore(other, job));
  if (before.length < stormErrors) return null;
  const asking = others.find(
    ({ id, service, state, askedWith }) =>
      service === job.service && askedWith === id && (state === 'awaiting_start' || state === 'queued'),
  );
  if (asking) {
    const reason = `Waits for the answer about the storm of errors in ${job.service}.`;
    return { event: 'start_requested', patch: { askedWith: asking.id, reason }, note: reason };
  }
  const reason =
    `More than ${stormErrors} new errors in ${job.service} within five minutes. ` +
    'This question stands for all that are not being worked on: approve to repair them, skip to leave them.';
  return { event: 'start_requested', patch: { askedWith: job.id, reason }, note: reason };
}

/**
 * What becomes of a job that waits for the answer to the question that another one asks; null when it has to ask by itself, because
 * that one went without an answer.
 */
export function followAnswer(asking: Job | null, now: number): Transition | null {
  if (!asking || asking.state === 'cancelled' || asking.state === 'failed') return null;
  if (asking.state === 'awaiting_start') {
    const notBefore = Math.max(asking.approval?.expiresAt ?? 0, now + stormWindowMs);
    return { event: 'deferred', patch: { notBefore, deferrals: 0 } };
  }
  const isAboutChange = asking.commit !== null;
  const note = 'As was answered for the storm.';
  if (asking.state === 'rejected' && !isAboutChange) return { event: 'rejected', patch: { reason: note }, note };
  if (asking.state === 'expired' && !isAboutChange) {
    return { event: 'approval_expired', patch: { reason: 'Nobody answered for the storm in time.' }, note };
  }
  return { event: 'approved', patch: { admittedAt: now, reason: null }, note };
}

/** The jobs that an answer to the one question is about besides the job that asks it. */
export function followersOf(askingId: string, open: readonly Job[]): Job[] {
  return open.filter(
    ({ id, state, askedWith }) => id !== askingId && askedWith === askingId && state === 'awaiting_start',
  );
}

function isOfSameStorm(other: Job, { service, createdAt }: Job): boolean {
  // Of one that ended before it began nothing was asked of anybody.
  const isIdle = isTerminal(other.state) && other.admittedAt === null && other.askedWith === null;
  return other.service === service && !other.predecessor && !isIdle && other.createdAt >= createdAt - stormWindowMs;
}

function isBefore(a: Job, b: Job): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
}
