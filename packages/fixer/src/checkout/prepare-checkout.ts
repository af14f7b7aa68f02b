// The worktree a job works in: from the newest base commit, clean, whatever an earlier try left behind.
import type { Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import type { Repository, Worktree } from '../ports/repository.js';

export interface PreparedCheckout {
  worktree: Worktree;
  /** For the timeline: why the base may be out of date; null when it is the remote's newest commit. */
  warning: string | null;
}

/** Faults of the repository port pass through: each says what to do. */
export async function prepareCheckout(
  repository: Repository,
  service: Pick<Service, 'repoPath'>,
  job: Pick<Job, 'branch' | 'baseBranch'>,
): Promise<PreparedCheckout> {
  await repository.check(service.repoPath, job.baseBranch);
  const base = await repository.resolveBase(service.repoPath, job.baseBranch);
  const worktree = await repository.prepareWorktree(service.repoPath, job.branch, base.commit);
  return { worktree, warning: base.warning };
}
