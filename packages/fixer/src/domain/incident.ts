// An incident: all occurrences of one fingerprint in one service, over its whole life.
import { createHash } from 'node:crypto';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { IncidentReport, LoggedError } from '@levautofix/contract/incident-report';
import type { IncidentState } from '@levautofix/contract/job-state';
import { moreSevere, type Severity } from '@levautofix/contract/severity';
import type { Fix } from './fix.js';

/** Times are milliseconds since the Unix epoch. */
export interface Incident {
  id: string;
  service: string;
  fingerprint: Fingerprint;
  kind: IncidentReport['kind'];
  severity: Severity;
  state: IncidentState;
  /** Sum of the counts of all reports. */
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
  environment: string;
  /** Release of the newest report; null when the watcher was not told. */
  release: string | null;
  host: string;
  /** The first occurrence ever reported: a later, crafted one cannot displace it. */
  error: LoggedError;
  request: IncidentReport['request'];
  context: string[];
  /** The newest job that worked on it. */
  jobId: string | null;
  /** End of a snooze; null unless snoozed. */
  snoozedUntil: number | null;
  /** Why it is in its state, for a person; null where the state says it all. */
  reason: string | null;
  /** In which builds it occurred, newest last; only the newest are kept. */
  sightings: Sighting[];
  /** Published fixes, oldest first: the last one is the one that is followed. */
  fixes: Fix[];
  version: number;
}

/** Occurrences in one build. */
export interface Sighting {
  release: string | null;
  environment: string;
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
}

const maxSightings = 30;

/** The same for one service and fingerprint on every machine: two fixers cannot open two incidents for one error. */
export function incidentId(service: string, fingerprint: string): string {
  return createHash('sha256')
    .update(JSON.stringify([service, fingerprint]))
    .digest('hex')
    .slice(0, 24);
}

export function newIncident(report: IncidentReport): Incident {
  return {
    id: incidentId(report.service, report.fingerprint),
    service: report.service,
    fingerprint: report.fingerprint,
    kind: report.kind,
    severity: report.severity,
    state: 'open',
    count: report.count,
    firstSeenAt: Date.parse(report.firstSeenAt),
    lastSeenAt: Date.parse(report.lastSeenAt),
    environment: report.environment,
    release: report.release,
    host: report.host,
    error: report.error,
    request: report.request,
    context: report.context,
    jobId: null,
    snoozedUntil: null,
    reason: null,
    sightings: withSighting([], report),
    fixes: [],
    version: 1,
  };
}

/** The incident with one more report counted in. */
export function withReport(incident: Incident, report: IncidentReport): Incident {
  const firstSeenAt = Date.parse(report.firstSeenAt);
  const lastSeenAt = Date.parse(report.lastSeenAt);
  // Reports of several hosts may arrive out of order: an older one must not bring back an older release.
  const isNewest = lastSeenAt >= incident.lastSeenAt;
  return {
    ...incident,
    severity: moreSevere(incident.severity, report.severity),
    count: incident.count + report.count,
    firstSeenAt: Math.min(incident.firstSeenAt, firstSeenAt),
    lastSeenAt: Math.max(incident.lastSeenAt, lastSeenAt),
    ...(isNewest && { environment: report.environment, release: report.release, host: report.host }),
    sightings: withSighting(incident.sightings, report),
    version: incident.version + 1,
  };
}

function withSighting(sightings: readonly Sighting[], report: IncidentReport): Sighting[] {
  const { release, environment, count } = report;
  const firstSeenAt = Date.parse(report.firstSeenAt);
  const lastSeenAt = Date.parse(report.lastSeenAt);
  const isSame = (one: Sighting) => one.release === release && one.environment === environment;
  const known = sightings.find(isSame);
  const sighting: Sighting = {
    release,
    environment,
    count: (known?.count ?? 0) + count,
    firstSeenAt: Math.min(known?.firstSeenAt ?? firstSeenAt, firstSeenAt),
    lastSeenAt: Math.max(known?.lastSeenAt ?? lastSeenAt, lastSeenAt),
  };
  return [...sightings.filter((one) => !isSame(one)), sighting]
    .sort((a, b) => a.lastSeenAt - b.lastSeenAt)
    .slice(-maxSightings);
}
