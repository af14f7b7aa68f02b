// Makes a report of the last error event of a log, as a watcher would have sent it. Pure.
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { redactSecrets } from '@levautofix/contract/redact';
import type { ScannedEvent } from '../ports/log-scanner.js';

export interface ReportOrigin {
  id: string;
  service: string;
  host: string;
  now: number;
}

/** Null when the log has no error event. `count` is how often the log holds the error. */
export function reportFromLog(events: readonly ScannedEvent[], origin: ReportOrigin): IncidentReport | null {
  const last = events.at(-1);
  if (!last) return null;
  const count = events.filter(({ fingerprint }) => fingerprint === last.fingerprint).length;
  const at = new Date(origin.now).toISOString();
  return {
    id: origin.id,
    service: origin.service,
    environment: 'local',
    release: null,
    host: origin.host,
    kind: 'error',
    fingerprint: last.fingerprint,
    severity: last.severity,
    count,
    firstSeenAt: at,
    lastSeenAt: at,
    error: {
      type: last.type,
      message: redactSecrets(last.message),
      stack: last.stack.map((line) => redactSecrets(line)),
    },
    request: last.request && { ...last.request, path: redactSecrets(last.request.path) },
    context: last.context.map((line) => redactSecrets(line)),
  };
}
