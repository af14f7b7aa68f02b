// Takes reports in: counts each once, and opens a job where one is due. Resolves only when all of it is durable.
import { randomUUID } from 'node:crypto';
import type { IncidentReport, ReportReceipt } from '@levautofix/contract/incident-report';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { Predecessor } from '../domain/predecessor.js';
import type { Service } from '../domain/service.js';
import { newJob } from '../job/new-job.js';
import { predecessorOf } from '../job/predecessor-of.js';
import type { IncidentStore } from '../ports/incident-store.js';
import type { JobStore } from '../ports/job-store.js';
import { matchIncident, type News } from './match-incident.js';

export interface IngestDeps {
  incidents: IncidentStore;
  jobs: JobStore;
  services: readonly Pick<Service, 'name' | 'baseBranch'>[];
  /** Told of each new job, so that a waiting worker may look at once. */
  onJobOpened?: (job: Job) => void;
}

/** Rejects with the store's fault when it fails midway: sending the whole batch again is then safe. */
export async function ingestReports(
  reports: readonly IncidentReport[],
  deps: IngestDeps,
  now: number,
): Promise<ReportReceipt> {
  const receipt = { accepted: 0, duplicates: 0 };
  const rejected: { id: string; reason: string }[] = [];
  for (const report of reports) {
    if (!findService(report.service, deps)) {
      rejected.push({ id: report.id, reason: unknownService(report.service, deps) });
      continue;
    }
    const { isDuplicate, incident } = await deps.incidents.record(report, now);
    // A duplicate may be the watcher's second try after this process died between the two writes.
    await settle(incident, isDuplicate ? null : report, deps, now);
    receipt[isDuplicate ? 'duplicates' : 'accepted'] += 1;
  }
  return rejected.length > 0 ? { ...receipt, rejected } : receipt;
}

/** Makes good what a crash left undone: incidents counted but without a job. Answers how many jobs it opened. */
export async function openMissingJobs(deps: IngestDeps, now: number): Promise<number> {
  let opened = 0;
  const counting = { ...deps, onJobOpened: (job: Job) => (opened++, deps.onJobOpened?.(job)) };
  for (const incident of await deps.incidents.listWithoutJob(500)) await settle(incident, null, counting, now);
  return opened;
}

async function settle(incident: Incident, news: News, deps: IngestDeps, now: number): Promise<void> {
  const match = matchIncident(incident, news, now);
  switch (match.kind) {
    case 'recurring':
    case 'held':
      return;
    case 'for_person':
      await change(incident, { state: 'needs_person' }, isUntouched, deps);
      return;
    case 'job_due': {
      if (!match.reopenAs) return openJob(incident, deps, now);
      const reopened = await change(
        incident,
        { state: match.reopenAs, jobId: null, snoozedUntil: null, reason: null },
        isUntouched,
        deps,
      );
      if (reopened) await openJob(reopened, deps, now);
    }
  }
}

async function openJob(incident: Incident, deps: IngestDeps, now: number): Promise<void> {
  const service = findService(incident.service, deps);
  // A service may have left the configuration since; its incident stays as it is.
  if (!service) return;
  const predecessor = incident.state === 'regressed' ? await failedFix(incident, deps) : null;
  const { job, isNew } = await deps.jobs.open(
    newJob({ id: randomUUID(), incident, baseBranch: service.baseBranch, now, predecessor }),
  );
  // Whatever became of the incident's state meanwhile (a person's word, or a job that has already ended): it had this job.
  await change(incident, { jobId: job.id }, (current) => current.jobId === null, deps);
  if (isNew) deps.onJobOpened?.(job);
}

async function failedFix(
  { service, fingerprint, reason }: Incident,
  { jobs }: IngestDeps,
): Promise<Predecessor | null> {
  const earlier = await jobs.listByFingerprint(service, fingerprint);
  const published = earlier.find(({ state }) => state === 'published');
  return published ? predecessorOf(published, { why: 'regressed', reason: reason ?? 'The error is back.' }) : null;
}

/** Writes the patch unless `isStillDue` says otherwise of what somebody else wrote meanwhile; null then. */
async function change(
  incident: Incident,
  patch: Parameters<IncidentStore['update']>[1],
  isStillDue: (current: Incident, known: Incident) => boolean,
  { incidents }: IngestDeps,
): Promise<Incident | null> {
  let current: Incident | null = incident;
  while (current && isStillDue(current, incident)) {
    const updated = await incidents.update(current, patch);
    if (updated) return updated;
    // Most often just another report counted in.
    current = await incidents.get(incident.id);
  }
  return null;
}

function isUntouched(current: Incident, known: Incident): boolean {
  return current.state === known.state && current.jobId === known.jobId;
}

function findService(name: string, { services }: IngestDeps) {
  return services.find((service) => service.name === name);
}

function unknownService(name: string, { services }: IngestDeps): string {
  const known = services.map((service) => service.name).join(', ') || 'none';
  return `No repository is configured for the service "${name}" (known: ${known}). Set the same SERVICE_NAME for watcher and fixer, or add the service to levautofix.config.yaml.`;
}
