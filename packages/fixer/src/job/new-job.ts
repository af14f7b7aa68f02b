// A new job for an incident, in its first state. Pure.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { Predecessor } from '../domain/predecessor.js';

export interface NewJob {
  id: string;
  incident: Pick<Incident, 'id' | 'fingerprint' | 'service' | 'severity'>;
  baseBranch: string;
  now: number;
  predecessor?: Predecessor | null;
}

export function newJob({ id, incident, baseBranch, now, predecessor = null }: NewJob): Job {
  return {
    id,
    incidentId: incident.id,
    fingerprint: incident.fingerprint,
    service: incident.service,
    severity: incident.severity,
    state: 'queued',
    result: null,
    reason: null,
    flags: [],
    branch: `hotfix/auto-${fingerprintDigits(incident.fingerprint)}`,
    baseBranch,
    baseCommit: null,
    baseline: null,
    attempts: [],
    candidate: null,
    commit: null,
    diffHash: null,
    change: null,
    proposal: null,
    approval: null,
    feedback: [],
    predecessor,
    pullRequest: null,
    admittedAt: null,
    askedWith: null,
    crashes: 0,
    deferrals: 0,
    leasedBy: null,
    leasedUntil: null,
    fence: 0,
    notBefore: now,
    version: 0,
    createdAt: now,
    updatedAt: now,
  };
}
