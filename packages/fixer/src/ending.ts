// What is due when a job has ended: money settled, worktree gone, people told, incident moved on. Safe to repeat after a crash.
import type { TerminalState } from '@levautofix/contract/job-state';
import { describeError } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { wakeFollowers } from './admit/wake-followers.js';
import { concludeApproval, outcomeOf, type ConcludeOptions } from './approve/conclude-approval.js';
import { settleOrphans } from './budget/settle-orphans.js';
import type { Job } from './domain/job.js';
import type { Service } from './domain/service.js';
import { endReport } from './follow/end-report.js';
import { incidentOutcome } from './follow/incident-outcome.js';
import type { ApprovalChannel } from './ports/approval-channel.js';
import type { Repository } from './ports/repository.js';
import type { Store } from './ports/store.js';
import type { Workspace } from './ports/workspace.js';

export interface EndingParts {
  config: { services: readonly Service[]; secrets: readonly string[]; workFolder: string };
  store: Store;
  repository: Repository;
  workspace: Workspace;
  channels: readonly ApprovalChannel[];
  conclude: ConcludeOptions;
  folderOf: (job: Job) => string;
  now: () => number;
  log: Logger;
}

export interface Ending {
  /** Runs again at a start for a job whose end was not seen through. */
  endJob: (job: Job) => Promise<void>;
  /** Takes the worktree and the scratch space of a job away. */
  tidy: (job: Job, keepBranch: boolean) => Promise<void>;
  /** Tells people on every channel; one that is away is passed over. */
  tell: (text: string) => Promise<void>;
  /** A storm of errors is asked about once: the other jobs go the way of the one that asked. */
  answerFollowers: (job: Job) => Promise<void>;
}

export function createEnding(parts: EndingParts): Ending {
  const { config, store, repository, workspace, channels, conclude, folderOf, now, log } = parts;

  const tidy = async (job: Job, keepBranch: boolean) => {
    const service = config.services.find(({ name }) => name === job.service);
    if (service) {
      const { branch } = job;
      await repository.removeWorktree(service.repoPath, branch, { keepBranch }).then(
        ({ foreignHead }) => {
          if (foreignHead !== null) log.warn({ job: job.id, branch, commit: foreignHead }, 'branch of a person kept');
        },
        (error: unknown) => log.warn({ job: job.id, reason: describeError(error) }, 'worktree not removed'),
      );
    }
    await workspace.remove(folderOf(job));
    await workspace.remove(`${config.workFolder}/homes/${job.id}`);
  };

  const tell = async (text: string) => {
    for (const channel of channels) {
      await channel.notify(text).catch((error: unknown) => conclude.onFault(channel.name, error));
    }
  };

  const tellEnd = async (job: Job) => {
    await concludeApproval(job, outcomeOf(job), conclude);
    const incident = await store.incidents.get(job.incidentId);
    const report = incident && endReport(job, incident, config.secrets);
    if (report) await tell(report);
  };

  const settleIncident = async (job: Job) => {
    const siblings = await store.jobs.listByFingerprint(job.service, job.fingerprint);
    const state = incidentOutcome(job.state as TerminalState, siblings);
    for (;;) {
      const incident = await store.incidents.get(job.incidentId);
      // A person or a newer job may have had the last word already.
      if (!incident || incident.jobId !== job.id || !['open', 'regressed'].includes(incident.state)) return;
      const reason = state === 'needs_person' ? job.reason : null;
      if (await store.incidents.update(incident, { state, reason })) return;
    }
  };

  const answerFollowers = async ({ askedWith, id }: Job) => {
    if (askedWith === id) await wakeFollowers(id, store.jobs, now());
  };

  return {
    async endJob(job) {
      await settleOrphans(job.id, store.ledger, now());
      await answerFollowers(job);
      await tidy(job, job.state === 'published');
      await tellEnd(job);
      await settleIncident(job);
    },
    tidy,
    tell,
    answerFollowers,
  };
}
