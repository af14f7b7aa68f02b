// Publishes exactly the commit that was approved, once, however often it is asked to.
import type { PullRequestView } from '@levautofix/contract/job-view';
import { Fault } from '@levautofix/service-kit/fault';
import type { Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import type { CodeHost, PullRequestFollower } from '../ports/code-host.js';
import type { Repository } from '../ports/repository.js';
import { pullRequestBody, pullRequestTitle, type PullRequestInput } from './pull-request-text.js';

export interface PublishInput extends PullRequestInput {
  service: Pick<Service, 'repoPath'>;
}

export interface PublishDeps {
  repository: Pick<Repository, 'describeChange' | 'resolveBase' | 'isAncestor' | 'push'>;
  codeHost: Omit<CodeHost, keyof PullRequestFollower>;
}

/** Faults when what is stored is not what was approved, when the base was rewritten since, and as the ports do. */
export async function publishFix(input: PublishInput, { repository, codeHost }: PublishDeps): Promise<PullRequestView> {
  const { job, service } = input;
  const { commit, baseCommit } = await checkApproved(job, service, repository);
  const existing = await codeHost.find(job.branch);
  // Published before a crash, and a person has dealt with it since.
  if (existing !== null && existing.commit === commit && existing.state !== 'open') return viewOf(existing);
  await checkBase(job, commit, baseCommit, service, repository);
  // Also for an existing one: a crash may have come between opening and pushing, and pushing again changes nothing.
  if (codeHost.canPush) await repository.push(service.repoPath, job.branch, commit, codeHost.pushCredentials);
  if (codeHost.canPush && existing?.state === 'open') return viewOf(existing);
  return codeHost.open({
    repoPath: service.repoPath,
    branch: job.branch,
    baseBranch: job.baseBranch,
    baseCommit,
    commit,
    title: pullRequestTitle(input),
    body: pullRequestBody(input),
  });
}

function viewOf({ number, url }: PullRequestView): PullRequestView {
  return { number, url };
}

async function checkApproved(
  { commit, baseCommit, diffHash, approval }: Job,
  { repoPath }: Pick<Service, 'repoPath'>,
  repository: PublishDeps['repository'],
): Promise<{ commit: string; baseCommit: string }> {
  const isApproved =
    approval === null || approval.commit === null || (approval.commit === commit && approval.diffHash === diffHash);
  if (commit !== null && baseCommit !== null && diffHash !== null && isApproved) {
    // Computed again: between the question and the answer the repository was out of sight.
    const described = await repository.describeChange(repoPath, baseCommit, commit);
    if (described.diffHash === diffHash) return { commit, baseCommit };
  }
  throw new Fault({
    code: 'publish_not_approved',
    message: 'The commit to publish is not the one that was approved; nothing was pushed.',
    remedy: 'Start a new job for this incident.',
  });
}

async function checkBase(
  { baseBranch }: Job,
  commit: string,
  baseCommit: string,
  { repoPath }: Pick<Service, 'repoPath'>,
  repository: PublishDeps['repository'],
): Promise<void> {
  const now = await repository.resolveBase(repoPath, baseBranch);
  if (await repository.isAncestor(repoPath, commit, now.commit)) {
    throw new Fault({
      code: 'publish_already_merged',
      message: `The fix is already part of ${baseBranch}.`,
      remedy: 'Nothing has to be done but to deploy it.',
    });
  }
  // Moving forward is what base branches do, and the pull request shows conflicts; a rewritten one voids the approval.
  if (await repository.isAncestor(repoPath, baseCommit, now.commit)) return;
  throw new Fault({
    code: 'publish_base_rewritten',
    message: `The history of ${baseBranch} was rewritten since the fix was verified; nothing was pushed.`,
    remedy: 'Start a new job for this incident, so that the fix is verified on what is there now.',
  });
}
