// Publishes exactly the commit that was approved, once, however often it is asked to.
import type { PullRequestView } from '@levautofix/contract/job-view';
import { Fault } from '@levautofix/service-kit/fault';
import type { Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import type { CodeHost, FoundPullRequest, PullRequestFollower } from '../ports/code-host.js';
import type { Repository } from '../ports/repository.js';
import { pullRequestBody, pullRequestTitle, type PullRequestInput } from './pull-request-text.js';

export interface PublishInput extends PullRequestInput {
  service: Pick<Service, 'repoPath'>;
  /** Ended jobs of the same error, and the published ones of the same service. */
  others: readonly Job[];
}

export interface PublishDeps {
  repository: Pick<Repository, 'describeChange' | 'resolveBase' | 'isAncestor' | 'findEqual' | 'push'>;
  codeHost: Omit<CodeHost, keyof PullRequestFollower>;
}

export type PublishResult =
  | { kind: 'published'; pullRequest: PullRequestView }
  /** Somebody else was first, or has said no: nothing was pushed. */
  | { kind: 'superseded'; reason: string; pullRequest: PullRequestView | null };

/** Faults when what is stored is not what was approved, when the base was rewritten since, and as the ports do. */
export async function publishFix(input: PublishInput, { repository, codeHost }: PublishDeps): Promise<PublishResult> {
  const { job, service } = input;
  const { commit, baseCommit } = await checkApproved(job, service, repository);
  const existing = await codeHost.find(job.branch);
  // Published before a crash, and a person has dealt with it since.
  if (existing !== null && existing.commit === commit && existing.state !== 'open') return published(existing);
  const obstacle =
    (await alreadyOnBase(job, commit, baseCommit, service, repository)) ??
    (codeHost.canPush ? (alreadyProposed(input, existing) ?? (await sameChange(input, codeHost))) : null);
  if (obstacle) return obstacle;
  // Also for an existing one: a crash may have come between opening and pushing, and pushing again changes nothing.
  if (codeHost.canPush) await repository.push(service.repoPath, job.branch, commit, codeHost.pushCredentials);
  if (codeHost.canPush && existing?.state === 'open') return published(existing);
  const opened = await codeHost.open({
    repoPath: service.repoPath,
    branch: job.branch,
    baseBranch: job.baseBranch,
    baseCommit,
    commit,
    title: pullRequestTitle(input),
    body: pullRequestBody(input),
  });
  return published(opened);
}

function published(pullRequest: PullRequestView): PublishResult {
  return { kind: 'published', pullRequest: viewOf(pullRequest) };
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

async function alreadyOnBase(
  { baseBranch }: Job,
  commit: string,
  baseCommit: string,
  { repoPath }: Pick<Service, 'repoPath'>,
  repository: PublishDeps['repository'],
): Promise<PublishResult | null> {
  const now = await repository.resolveBase(repoPath, baseBranch);
  const fix = await repository.findEqual(repoPath, commit, now.commit);
  if (fix !== null) {
    const reason = `Already fixed in ${fix.slice(0, 10)} on ${baseBranch}, waiting for deploy.`;
    return { kind: 'superseded', reason, pullRequest: null };
  }
  // Moving forward is what base branches do, and the pull request shows conflicts; a rewritten one voids the approval.
  if (await repository.isAncestor(repoPath, baseCommit, now.commit)) return null;
  throw new Fault({
    code: 'publish_base_rewritten',
    message: `The history of ${baseBranch} was rewritten since the fix was verified; nothing was pushed.`,
    remedy: 'Start a new job for this incident, so that the fix is verified on what is there now.',
  });
}

/** A pull request of this error that none of our jobs has opened: by another fixer, or by a person on the same branch. */
function alreadyProposed(
  { job, incident, others }: PublishInput,
  existing: FoundPullRequest | null,
): PublishResult | null {
  if (existing === null || existing.commit === job.commit || existing.state === 'merged') return null;
  const { number, url, state } = existing;
  const isOurs =
    job.predecessor?.pullRequest.number === number ||
    others.some((other) => other.fingerprint === job.fingerprint && other.pullRequest?.number === number);
  if (isOurs) return null;
  if (state === 'open') {
    return superseded(`Pull request #${number} is already open for this error: ${url}`, existing);
  }
  if (incident.state === 'regressed') return null;
  return superseded(
    `Pull request #${number} for this error was closed without a merge, which is a no: ${url}`,
    existing,
  );
}

/** Two errors may have one cause: the very same change is proposed once. */
async function sameChange(
  { job, others }: PublishInput,
  codeHost: PublishDeps['codeHost'],
): Promise<PublishResult | null> {
  for (const other of others) {
    if (other.diffHash !== job.diffHash || other.fingerprint === job.fingerprint || !other.pullRequest) continue;
    const found = await codeHost.find(other.branch);
    if (found?.number !== other.pullRequest.number || found.state === 'merged') continue;
    const what = `The very same change for another error (${other.fingerprint}) is pull request #${found.number}`;
    return superseded(
      found.state === 'open' ? `${what}: ${found.url}` : `${what}, closed without a merge, which is a no: ${found.url}`,
      found,
    );
  }
  return null;
}

function superseded(reason: string, pullRequest: PullRequestView): PublishResult {
  return { kind: 'superseded', reason, pullRequest: viewOf(pullRequest) };
}
