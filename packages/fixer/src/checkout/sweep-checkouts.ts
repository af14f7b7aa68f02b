// Clears away worktrees and branches of jobs that ended or died without doing so.
import { isTerminal } from '@levautofix/contract/job-state';
import type { Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import type { Repository } from '../ports/repository.js';

/** Branches of jobs that are still being worked on. */
export function ownedBranches(jobs: readonly Pick<Job, 'service' | 'branch' | 'state'>[]): string[] {
  return [...new Set(jobs.filter((job) => !isTerminal(job.state)).map((job) => job.branch))];
}

/**
 * Sweeps each repository once, however many services share it; answers how many worktrees went. A repository that cannot be
 * read is told to `onFault` and does not stop the others.
 */
export async function sweepCheckouts(
  repository: Repository,
  services: readonly Pick<Service, 'repoPath'>[],
  openJobs: readonly Pick<Job, 'service' | 'branch' | 'state'>[],
  onFault: (repoPath: string, error: unknown) => void,
): Promise<number> {
  const owned = ownedBranches(openJobs);
  let removed = 0;
  for (const repoPath of new Set(services.map((service) => service.repoPath))) {
    try {
      removed += await repository.sweep(repoPath, owned);
    } catch (error) {
      onFault(repoPath, error);
    }
  }
  return removed;
}
