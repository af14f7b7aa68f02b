// Decides whether a new job may start now: is the error being fixed already, and are there too many jobs as it is? Pure.
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { Transition } from '../job/transition.js';
import type { FoundPullRequest } from '../ports/code-host.js';
import { brakeStorm } from './brake-storm.js';

/** A zero is no limit. */
export interface AdmissionLimits {
  jobsPerHour: number;
  /** Of one service: open ones, and jobs that may become one. */
  openPullRequests: number;
  /** Rest of a fingerprint after a job for it failed. */
  cooldownMs: number;
  /** New errors of one service within five minutes that are worked on without asking. */
  stormErrors: number;
}

export interface AdmissionFacts {
  job: Job;
  incident: Pick<Incident, 'state'>;
  /** Other jobs: all open ones and the newest that have ended, in any order. */
  others: readonly Job[];
  /** Ended jobs of the same fingerprint, newest first. */
  earlier: readonly Job[];
  /** The pull request of the job's branch. */
  pullRequest: FoundPullRequest | null;
  /** An earlier fix of this error on the base branch; `isDeployed` is null when the release of the report says nothing. */
  fixOnBase: { commit: string; isDeployed: boolean | null } | null;
  openPullRequests: number;
  /** A person is asked before every repair. */
  isAskedFirst: boolean;
}

const hourMs = 60 * 60_000;
const pullRequestPollMs = 15 * 60_000;

export function admitJob(facts: AdmissionFacts, limits: AdmissionLimits, now: number): Transition {
  return (
    alreadyFixed(facts) ??
    brakeStorm(facts, limits.stormErrors) ??
    tooSoon(facts, limits, now) ?? {
      event: facts.isAskedFirst ? 'start_requested' : 'started',
      patch: { admittedAt: now, reason: null },
    }
  );
}

function alreadyFixed({ job, incident, earlier, pullRequest, fixOnBase }: AdmissionFacts): Transition | null {
  // It was opened because of that fix.
  if (job.predecessor) return null;
  if (fixOnBase?.isDeployed === false) {
    return superseded(`Already fixed in ${fixOnBase.commit.slice(0, 10)} on ${job.baseBranch}, waiting for deploy.`);
  }
  if (!pullRequest) return null;
  const { number, url, state } = pullRequest;
  const patch = { pullRequest: { number, url } };
  if (state === 'open') return superseded(`Pull request #${number} is already open for this error: ${url}`, patch);
  // Somebody started anew although this fingerprint's jobs know what became of it.
  const isKnown = earlier.some((one) => one.pullRequest?.number === number);
  if (isKnown || incident.state === 'regressed' || fixOnBase?.isDeployed) return null;
  if (state === 'merged')
    return superseded(`Already fixed by pull request #${number}, waiting for deploy: ${url}`, patch);
  const reason = `Pull request #${number} for this error was closed without a merge, which is a no: ${url}`;
  return { event: 'rejected', patch: { ...patch, reason }, note: reason };
}

function superseded(reason: string, patch: Transition['patch'] = {}): Transition {
  return { event: 'superseded', patch: { ...patch, reason }, note: reason };
}

function tooSoon(facts: AdmissionFacts, limits: AdmissionLimits, now: number): Transition | null {
  const { job, others, earlier, openPullRequests } = facts;
  const failed = job.predecessor ? undefined : earlier.find(({ state }) => ['failed', 'exhausted'].includes(state));
  if (failed && now < failed.updatedAt + limits.cooldownMs) {
    return waiting(failed.updatedAt + limits.cooldownMs, 'The last job for this error failed; it rests for a while');
  }
  const started = others.flatMap(({ admittedAt }) =>
    admittedAt !== null && admittedAt > now - hourMs ? [admittedAt] : [],
  );
  if (limits.jobsPerHour > 0 && started.length >= limits.jobsPerHour) {
    const freesAt = started.sort((a, b) => b - a)[limits.jobsPerHour - 1]! + hourMs;
    return waiting(freesAt, `${started.length} jobs were started in the last hour (JOBS_PER_HOUR)`);
  }
  if (limits.openPullRequests > 0 && openPullRequests >= limits.openPullRequests) {
    const count = `${openPullRequests} pull requests of ${job.service} are open or under way (MAX_OPEN_PULL_REQUESTS)`;
    return waiting(now + pullRequestPollMs, `${count}; merge or close one`);
  }
  return null;
}

/** Waiting its turn is no sign of trouble. */
function waiting(notBefore: number, why: string): Transition {
  const reason = `${why}. Looked at again at ${new Date(notBefore).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  return { event: 'deferred', patch: { notBefore, deferrals: 0, reason }, note: reason };
}
