// Asks a person: writes down the one-time request, shows it on every channel, and lets it expire.
import { randomBytes } from 'node:crypto';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { backoffMs } from '@levautofix/service-kit/retry';
import type { ApprovalRequest, Job } from '../domain/job.js';
import type { Transition } from '../job/transition.js';
import type { ApprovalChannel } from '../ports/approval-channel.js';
import type { IncidentStore } from '../ports/incident-store.js';
import { buildQuestion, type QuestionContext } from './build-question.js';

export interface RequestApprovalOptions {
  incidents: Pick<IncidentStore, 'get'>;
  channels: readonly ApprovalChannel[];
  expiresAfterMs: number;
  context: QuestionContext;
  /** Random number in [0, 1). */
  random: () => number;
}

/**
 * The step of a job that waits for a person. Run three times: first the request is stored, because a press may come before the message's
 * own answer; then it is shown; then, at its expiry, the job ends. A crash in between shows the same question again, never another one.
 */
export async function requestApproval(
  job: Job,
  { now }: { now: () => number },
  options: RequestApprovalOptions,
): Promise<Transition> {
  const request = currentRequest(job);
  if (request === null) {
    return { event: 'approval_requested', patch: { approval: newRequest(job, now(), options.expiresAfterMs) } };
  }
  if (now() >= request.expiresAt) {
    const reason = 'Nobody answered in time.';
    return { event: 'approval_expired', patch: { reason }, note: reason };
  }
  return show(job, request, now(), options);
}

/** The request that is open for the job's present change; null when there is none yet. */
export function currentRequest(job: Job): ApprovalRequest | null {
  const request = job.approval;
  const isCurrent =
    request !== null && request.decision === null && request.commit === job.commit && request.diffHash === job.diffHash;
  return isCurrent ? request : null;
}

export function newRequest(job: Job, now: number, expiresAfterMs: number): ApprovalRequest {
  return {
    nonce: randomBytes(16).toString('base64url'),
    commit: job.commit,
    diffHash: job.diffHash,
    askedAt: now,
    expiresAt: now + expiresAfterMs,
    shownAt: {},
    decision: null,
  };
}

async function show(
  job: Job,
  request: ApprovalRequest,
  now: number,
  { incidents, channels, context, random }: RequestApprovalOptions,
): Promise<Transition> {
  const incident = await incidents.get(job.incidentId);
  if (!incident) {
    throw new Fault({
      code: 'incident_missing',
      message: `The incident ${job.incidentId} of this job is gone.`,
      remedy: 'Restore the database or cancel the job.',
    });
  }
  const question = buildQuestion(job, incident, request, context);
  const shownAt = { ...request.shownAt };
  const troubles: string[] = [];
  const waiting = channels.filter((channel) => !Object.hasOwn(shownAt, channel.name));
  for (const channel of waiting) {
    try {
      shownAt[channel.name] = await channel.ask(question);
    } catch (error) {
      troubles.push(`Not asked on ${channel.name}: ${describeError(error)}`);
    }
  }
  // A channel that is down costs neither the job nor the question: the web can answer meanwhile, and it is asked again later.
  const retryAt = now + backoffMs(job.deferrals + 1, { baseMs: 15_000, capMs: 15 * 60_000, random });
  const trouble = troubles.length > 0 ? troubles.join(' ') : null;
  const hadTrouble = job.deferrals > 0;
  return {
    event: trouble === null ? 'approval_requested' : 'deferred',
    patch: {
      approval: { ...request, shownAt },
      notBefore: trouble === null ? request.expiresAt : Math.min(request.expiresAt, retryAt),
      // What verification said of the change stays, unless something more pressing had to be said.
      ...(trouble !== null || hadTrouble ? { reason: trouble } : {}),
    },
    note: trouble ?? shownNote(Object.keys(shownAt)),
  };
}

function shownNote(names: string[]): string {
  return names.length > 0 ? `Asked on ${names.join(', ')}.` : 'Waits for an answer over the API.';
}
