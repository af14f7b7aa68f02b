// What is due when the process comes back: good is made of what a crash left half done. Safe to repeat.
import { isTerminal } from '@levautofix/contract/job-state';
import { describeError } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { wakeFollowers } from './admit/wake-followers.js';
import { sweepCheckouts } from './checkout/sweep-checkouts.js';
import type { Job } from './domain/job.js';
import type { Service } from './domain/service.js';
import type { Repository } from './ports/repository.js';
import type { Store } from './ports/store.js';

export interface RecoverParts {
  services: readonly Service[];
  store: Store;
  repository: Repository;
  openMissingJobs: () => Promise<number>;
  endJob: (job: Job) => Promise<void>;
  now: () => number;
  log: Logger;
}

export async function recover(parts: RecoverParts): Promise<void> {
  const { services, store, repository, openMissingJobs, endJob, now, log } = parts;
  const onFault = (repoPath: string, error: unknown) =>
    log.warn({ repoPath, reason: describeError(error) }, 'worktrees could not be swept');
  const open = await store.jobs.listOpen();
  const swept = await sweepCheckouts(repository, services, open, onFault);
  for (const asking of new Set(open.map(({ askedWith }) => askedWith))) {
    if (asking !== null) await wakeFollowers(asking, store.jobs, now());
  }
  const opened = await openMissingJobs();
  for (const state of ['open', 'regressed'] as const) {
    const { items } = await store.incidents.list({ state, limit: 200 });
    for (const { jobId } of items) {
      const job = jobId === null ? null : await store.jobs.get(jobId);
      if (job && isTerminal(job.state)) await endJob(job);
    }
  }
  if (swept + opened > 0) log.info({ worktrees: swept, jobs: opened }, 'made good what an earlier run left');
}
