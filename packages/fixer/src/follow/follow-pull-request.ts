// Follows a pull request until a person has decided about it: merged, closed, or taken into their own hands.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import { isTerminal } from '@levautofix/contract/job-state';
import { isSameFix, untouchedFix, type Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { inlineCode, prose } from '../domain/quote-markdown.js';
import type { Service } from '../domain/service.js';
import type { PullRequestRef } from '../ports/code-host.js';
import { changeIncident } from './change-incident.js';
import { endJob } from './end-job.js';
import type { FollowDeps } from './follow-deps.js';
import { followMerge } from './follow-merge.js';
import { followReview } from './follow-review.js';

/** How long a closed pull request is looked at for being opened again. */
export const reopenPatienceMs = 30 * 24 * 60 * 60_000;

export async function followPullRequest(
  incident: Incident,
  service: Service,
  deps: FollowDeps,
  now: number,
): Promise<void> {
  const jobs = await deps.jobs.listByFingerprint(incident.service, incident.fingerprint);
  const fix = currentFix(incident, jobs);
  if (!fix || (incident.state === 'skipped' && !isJustClosed(fix, now))) return;
  const host = await deps.codeHostOf(service);
  const { pullRequest, branch, baseBranch, commit } = fix;
  const ref: PullRequestRef = { repoPath: service.repoPath, number: pullRequest.number, branch, baseBranch, commit };
  const status = await host.status(ref);
  // A push of ours may be ahead of what is recorded of its job.
  const isForeign = !jobs.some((job) => job.commit === status.commit);
  const open = jobs.find(({ state }) => !isTerminal(state));
  const handsOffAt = fix.handsOffAt ?? (isForeign ? now : null);

  if (status.state === 'merged') {
    if (open) await endJob(open, 'The pull request was merged meanwhile.', deps, now);
    const merged = { ...fix, handsOffAt, closedAt: null, mergedAt: now, mergeCommit: status.mergeCommit };
    const how = fix.autoMergedAt ? 'was merged by the rule AUTO_MERGE' : 'was merged';
    const news = `🔀 The fix ${how}. Its deploy is waited for.`;
    await changeIncident(incident, { patch: { state: 'merged', reason: null }, fix: merged, news }, deps);
    return;
  }
  if (status.state === 'closed') {
    if (incident.state === 'skipped') return;
    if (open) await endJob(open, 'The pull request was closed meanwhile.', deps, now);
    const digits = fingerprintDigits(incident.fingerprint);
    await host.comment(ref, {
      topic: 'closed',
      text: `Closed without a merge, which LevAutoFix takes for a no: this error is ignored from now on. Its occurrences are still counted. To change that, reopen this pull request, or ask for another fix with ${inlineCode(`levautofix reopen ${digits}`)}.`,
    });
    const reason = `A person closed the pull request without merging it: this error is ignored. Reopen the pull request, or send /reopen ${digits}, to change that.`;
    const change = {
      patch: { state: 'skipped' as const, reason },
      fix: { ...fix, closedAt: now },
      news: `🚫 ${reason}`,
    };
    await changeIncident(incident, change, deps);
    return;
  }
  if (incident.state === 'skipped') {
    const news = '👀 The pull request was opened again: this error is followed again.';
    const reopened = { ...fix, closedAt: null };
    await changeIncident(incident, { patch: { state: 'fix_proposed', reason: null }, fix: reopened, news }, deps);
    return;
  }
  if (isForeign && fix.handsOffAt === null) {
    if (open) await endJob(open, 'A person took the branch over meanwhile.', deps, now);
    const author = await host.headAuthor(ref);
    const who = author === null ? 'a person' : prose(author, 60);
    await host.comment(ref, {
      topic: 'hands-off',
      text: `This branch now holds a commit by ${who}, so it is theirs: LevAutoFix will not push to it again. The error is still followed once this is merged.`,
    });
    const reason = 'A person put a commit of their own on the branch; nothing is pushed to it any more.';
    await changeIncident(incident, { patch: { reason }, fix: { ...fix, handsOffAt }, news: `✋ ${reason}` }, deps);
    return;
  }
  if (JSON.stringify(fix) !== JSON.stringify(incident.fixes.at(-1))) {
    if (!(await changeIncident(incident, { patch: {}, fix, news: null }, deps))) return;
  }
  if (handsOffAt !== null) return;
  await followReview({ incident, fix, ref, host, service, jobs }, deps, now);
  const published = jobs.find(({ id }) => id === fix.jobId);
  if (published && !open) await followMerge({ incident, fix, ref, host, job: published }, deps, now);
}

/** The pull request of the newest job that has one, with what is known of it already. */
function currentFix(incident: Incident, jobs: readonly Job[]): Fix | null {
  const job = jobs.find(({ state, pullRequest }) => state === 'published' && pullRequest !== null);
  if (!job?.pullRequest || job.commit === null) return null;
  const newest = {
    jobId: job.id,
    rung: job.attempts.findLast(({ outcome }) => outcome === 'passed')?.rung ?? null,
    pullRequest: job.pullRequest,
    branch: job.branch,
    baseBranch: job.baseBranch,
    commit: job.commit,
  };
  const known = incident.fixes.findLast((fix) => isSameFix(fix, newest));
  return { ...(known ?? untouchedFix), ...newest };
}

function isJustClosed({ closedAt }: Fix, now: number): boolean {
  return closedAt !== null && now - closedAt < reopenPatienceMs;
}
