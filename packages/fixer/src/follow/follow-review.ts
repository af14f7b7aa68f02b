// Answers what persons wrote about an open pull request: one new job for all of it, a few times at most, and a word on how it went.
import { randomUUID } from 'node:crypto';
import { isTerminal } from '@levautofix/contract/job-state';
import { redactSecrets } from '@levautofix/contract/redact';
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { inlineCode, prose } from '../domain/quote-markdown.js';
import type { Remark } from '../domain/predecessor.js';
import type { Service } from '../domain/service.js';
import { newJob } from '../job/new-job.js';
import { predecessorOf } from '../job/predecessor-of.js';
import type { PullRequestFollower, PullRequestRef } from '../ports/code-host.js';
import { changeIncident } from './change-incident.js';
import type { FollowDeps } from './follow-deps.js';

export const maxReviewRounds = 3;
/** A person who is still writing is waited for. */
export const quietMs = 120_000;

export interface ReviewInput {
  incident: Incident;
  fix: Fix;
  ref: PullRequestRef;
  host: PullRequestFollower;
  service: Service;
  /** All of this error, newest first. */
  jobs: readonly Job[];
}

export async function followReview(
  { incident, fix, ref, host, service, jobs }: ReviewInput,
  deps: FollowDeps,
  now: number,
): Promise<void> {
  const rounds = jobs.filter(
    ({ predecessor }) => predecessor?.why === 'reviewed' && predecessor.pullRequest.number === fix.pullRequest.number,
  );
  const { remarks, topics } = await host.conversation(ref);
  for (const round of rounds) {
    const topic = `round-${round.id}`;
    if (isTerminal(round.state) && !topics.includes(topic)) {
      await host.comment(ref, { topic, text: outcomeText(round, deps.secrets) });
    }
  }
  if (jobs.some(({ state }) => !isTerminal(state)) || !isDue(remarks, rounds, now)) return;
  if (rounds.length >= maxReviewRounds) {
    const text = `LevAutoFix has answered ${maxReviewRounds} rounds of review here and leaves the rest to you: push to this branch, merge or close it.`;
    if (!topics.includes('review-limit')) await host.comment(ref, { topic: 'review-limit', text });
    return;
  }
  const published = jobs.find(({ id }) => id === fix.jobId);
  const predecessor =
    published && predecessorOf(published, { why: 'reviewed', reason: 'Persons asked for changes.', remarks });
  if (!predecessor) return;
  const next = newJob({ id: randomUUID(), incident, baseBranch: service.baseBranch, now, predecessor });
  const { job, isNew } = await deps.jobs.open(next);
  if (!isNew) return;
  deps.onJobOpened?.(job);
  const news = `💬 Persons asked for changes to the fix: round ${rounds.length + 1} of ${maxReviewRounds}.`;
  await changeIncident(incident, { patch: { jobId: job.id }, fix, news }, deps);
}

/** True when something was written since the last round and nothing was added for a while. */
function isDue(remarks: readonly Remark[], rounds: readonly Job[], now: number): boolean {
  const answered = new Set(rounds.flatMap(({ predecessor }) => predecessor?.remarks.map(({ id }) => id) ?? []));
  const newest = Math.max(...remarks.map(({ at }) => at));
  return remarks.some(({ id }) => !answered.has(id)) && now - newest >= quietMs;
}

function outcomeText(job: Job, secrets: readonly string[]): string {
  const count = job.predecessor?.remarks.length ?? 0;
  const about = `${count} ${count === 1 ? 'remark' : 'remarks'}`;
  if (job.state === 'published') {
    return `In answer to ${about} the change was made anew, verified and approved: ${inlineCode(job.commit ?? '')}. ${prose(redactSecrets(job.proposal?.summary ?? '', secrets))}`;
  }
  return `${about} led to no new change (${job.state}): ${prose(redactSecrets(job.reason ?? 'no reason given', secrets), 400)}`;
}
