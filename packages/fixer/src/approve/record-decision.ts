// Records a person's answer: bound to one commit and diff hash, valid once, refused with a reason otherwise.
import type { ApprovalRequest, Job } from '../domain/job.js';
import { clip, plainText } from '../domain/plain-text.js';
import { maxFeedbackRounds } from '../job/attempt-policy.js';
import { applyTransition, type Transition } from '../job/transition.js';
import type { DecisionAnswer, DecisionInput } from '../ports/approval-channel.js';
import type { JobStore } from '../ports/job-store.js';
import { currentRequest, newRequest } from './request-approval.js';

/** `unknown`: no such question. `stale`: the change is another one by now. `closed`: the job no longer waits for a person. */
export type RefusalCode = 'unknown' | 'expired' | 'answered' | 'stale' | 'closed' | 'invalid';

export type DecisionResult =
  /** `asked` is the job as it was when the question was shown, `job` as it is now. */
  | (DecisionAnswer & { isAccepted: true; job: Job; asked: Job })
  | (DecisionAnswer & { isAccepted: false; code: RefusalCode });

/** An answer that names the change itself, as the API and the web page do. */
export interface NamedDecision {
  jobId: string;
  answer: 'approve' | 'skip';
  /** Empty while the question is about starting a repair. */
  commit: string;
  diffHash: string;
  by: string;
}

type Jobs = Pick<JobStore, 'get' | 'findByNonce' | 'save'>;

export const maxFeedbackLength = 2_000;

/** Somebody else may write the job between our read and our write; each round starts from what is stored then. */
const maxRounds = 5;

export async function recordPress(jobs: Jobs, input: DecisionInput, now: () => number): Promise<DecisionResult> {
  return retrying(async () => {
    const job = await jobs.findByNonce(input.nonce);
    if (!job?.approval)
      return refuse('unknown', 'This question has expired or was answered before. Nothing was changed.');
    return decide(jobs, job, job.approval, input, now());
  });
}

export async function recordNamed(jobs: Jobs, input: NamedDecision, now: () => number): Promise<DecisionResult> {
  return retrying(async () => {
    const job = await jobs.get(input.jobId);
    if (!job) return refuse('unknown', 'There is no such job.');
    if (!isWaiting(job))
      return refuse('closed', `The job is ${job.state} and waits for no answer. Nothing was changed.`);
    if (input.commit !== (job.commit ?? '') || input.diffHash !== (job.diffHash ?? '')) {
      return refuse(
        'stale',
        'The change is another one by now. Look at it again before you decide. Nothing was changed.',
      );
    }
    // The answer names the change itself, so it need not wait until the question was shown somewhere.
    const at = now();
    return decide(jobs, job, currentRequest(job) ?? newRequest(job, at, 1), input, at);
  });
}

/** The nonce of the open question shown at `reference`, so that an answer in words finds it after a restart too. */
export async function findNonceShownAt(
  jobs: Pick<JobStore, 'listOpen'>,
  channel: string,
  reference: string,
): Promise<string | null> {
  const open = await jobs.listOpen();
  return open.find((job) => job.approval?.shownAt[channel] === reference)?.approval?.nonce ?? null;
}

async function retrying(round: () => Promise<DecisionResult | 'overtaken'>): Promise<DecisionResult> {
  for (let count = 0; count < maxRounds; count++) {
    const result = await round();
    if (result !== 'overtaken') return result;
  }
  return refuse('stale', 'The job is being changed at this moment. Nothing was changed; please answer again.');
}

async function decide(
  jobs: Jobs,
  job: Job,
  request: ApprovalRequest,
  input: Pick<DecisionInput, 'answer' | 'by' | 'text' | 'shownAt'>,
  now: number,
): Promise<DecisionResult | 'overtaken'> {
  const refusal = refusalOf(job, request, input, now);
  if (refusal) return refusal;
  const decision = { answer: input.answer, by: input.by, at: now };
  const shownAt = { ...request.shownAt, ...(input.shownAt && { [input.shownAt.channel]: input.shownAt.reference }) };
  const approval = { ...request, shownAt, decision };
  const transition = transitionFor(job, approval, input);
  const result = applyTransition(job, transition, now);
  if (!result.isAllowed) return refuse('closed', `${result.reason} Nothing was changed.`);
  if (!(await jobs.save(job, result.job, result.entry))) return 'overtaken';
  return { isAccepted: true, message: acceptance(job, input), job: result.job, asked: { ...job, approval } };
}

function refusalOf(
  job: Job,
  request: ApprovalRequest,
  { answer, text }: Pick<DecisionInput, 'answer' | 'text'>,
  now: number,
): DecisionResult | null {
  if (request.decision) return refuse('answered', 'This question was answered before. Nothing was changed.');
  if (job.state === 'expired' || (isWaiting(job) && now >= request.expiresAt)) {
    return refuse('expired', 'This question has expired. Nothing was changed.');
  }
  if (!isWaiting(job)) return refuse('closed', `The job is ${job.state} by now. Nothing was changed.`);
  if (request.commit !== job.commit || request.diffHash !== job.diffHash) {
    return refuse('stale', 'The change is another one by now; a new question follows. Nothing was changed.');
  }
  if (answer !== 'feedback') return null;
  if (!text?.trim()) return refuse('invalid', 'Your answer has no words.');
  if (job.commit === null)
    return refuse('invalid', 'There is no change yet that words could be about: approve or skip.');
  if (job.feedback.length >= maxFeedbackRounds) {
    return refuse('invalid', `This change was sent back ${maxFeedbackRounds} times already: approve or skip.`);
  }
  return null;
}

function transitionFor(
  job: Job,
  approval: ApprovalRequest,
  { answer, text = '', by }: Pick<DecisionInput, 'answer' | 'by' | 'text'>,
): Transition {
  if (answer === 'approve') return { event: 'approved', patch: { approval, reason: null }, note: `Approved by ${by}.` };
  if (answer === 'skip') {
    return { event: 'rejected', patch: { approval, reason: `Skipped by ${by}.` }, note: `Skipped by ${by}.` };
  }
  const words = clip(plainText(text).trim(), maxFeedbackLength);
  return {
    event: 'feedback_given',
    // The change that was sent back must not be approved or pushed later by any other way.
    patch: {
      approval,
      feedback: [...job.feedback, words],
      commit: null,
      diffHash: null,
      result: null,
      candidate: null,
      reason: null,
    },
    note: `Sent back by ${by}: ${words}`,
  };
}

function acceptance(job: Job, { answer }: Pick<DecisionInput, 'answer'>): string {
  if (answer === 'skip') return 'Skipped. Nothing will be published.';
  if (answer === 'feedback') return 'Sent back. The agent tries again with your words.';
  return job.commit === null ? 'Approved. The repair starts.' : 'Approved. The pull request is being opened.';
}

function isWaiting(job: Job): boolean {
  return job.state === 'awaiting_approval' || job.state === 'awaiting_start';
}

function refuse(code: RefusalCode, message: string): DecisionResult & { isAccepted: false } {
  return { isAccepted: false, code, message };
}
