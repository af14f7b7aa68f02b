// Turns a classified incident into the report that crosses the wire, within the contract's limits.
import type { IncidentReport, LoggedError } from '@levautofix/contract/incident-report';
import type { ClassifiedIncident } from '../domain/incident.js';

/** What is the same for every report of this watcher. */
export interface ReportOrigin {
  service: string;
  environment: string;
  release: string | null;
  host: string;
}

export function buildReport(incident: ClassifiedIncident, origin: ReportOrigin, id: string): IncidentReport {
  const { first, latest, followers, dropped } = incident;
  const differs = latest !== first && JSON.stringify(latest.error) !== JSON.stringify(first.error);
  return {
    id,
    ...origin,
    kind: 'error',
    fingerprint: incident.fingerprint,
    severity: incident.severity,
    count: incident.count,
    firstSeenAt: new Date(incident.firstSeenAt).toISOString(),
    lastSeenAt: new Date(incident.lastSeenAt).toISOString(),
    error: fitError(first.error),
    request: first.request && {
      method: first.request.method.slice(0, 500),
      path: first.request.path.slice(0, 4_000),
    },
    context: first.context.slice(-100).map((line) => line.slice(0, 4_000)),
    ...(differs && { latest: fitError(latest.error) }),
    ...(followers.length > 0 && {
      followers: followers
        .slice(0, 50)
        .map(({ fingerprint, count, first: sample }) => ({ fingerprint, count, error: fitError(sample.error) })),
    }),
    ...(dropped > 0 && { dropped }),
  };
}

function fitError({ type, message, stack }: LoggedError): LoggedError {
  return {
    type: type.slice(0, 500),
    message: message.slice(0, 20_000),
    stack: stack.slice(0, 500).map((line) => line.slice(0, 4_000)),
  };
}
