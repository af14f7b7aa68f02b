// What LevAutoFix shows of a job and of an incident, the same for the API, the web page and the command line.
import type { IncidentView, JobView } from '@levautofix/contract/job-view';
import type { Incident } from './incident.js';
import type { Job } from './job.js';

export function presentJob(job: Job): JobView {
  return {
    id: job.id,
    fingerprint: job.fingerprint,
    service: job.service,
    severity: job.severity,
    state: job.state,
    result: job.result,
    reason: job.reason,
    flags: job.flags,
    branch: job.branch,
    baseCommit: job.baseCommit,
    commit: job.commit,
    diffHash: job.diffHash,
    attempts: job.attempts.map(({ number, rung, outcome, usd, tokens, checks }) => ({
      number,
      rung,
      outcome,
      usd,
      tokens,
      checks: checks.map(({ name, status, durationMs }) => ({ name, status, durationMs })),
    })),
    pullRequest: job.pullRequest,
    createdAt: isoTime(job.createdAt),
    updatedAt: isoTime(job.updatedAt),
  };
}

export function presentIncident(incident: Incident): IncidentView {
  const { id, fingerprint, service, severity, state, reason, count, error, jobId } = incident;
  return {
    id,
    fingerprint,
    service,
    severity,
    state,
    reason,
    count,
    firstSeenAt: isoTime(incident.firstSeenAt),
    lastSeenAt: isoTime(incident.lastSeenAt),
    error,
    jobId,
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
