// Reads a log with the watcher's own eyes, so that an error has the same fingerprint and severity here as on the production box.
import type { Severity } from '@levautofix/contract/severity';
import { classify } from '@levautofix/watcher/classify/classify';
import { defaultSeverityTable } from '@levautofix/watcher/classify/severity-table';
import { scanLog, type ScannedEvent } from '@levautofix/watcher/scan-log';
import type { LogScanner } from '../../ports/log-scanner.js';

export function createLogScanner(): LogScanner {
  return {
    scan: (log) => {
      const events = scanLog(log);
      const severities = judge(events);
      return events.map(({ error, fingerprint, request, context, startLine, endLine }) => ({
        ...error,
        fingerprint,
        severity: severities.get(fingerprint) ?? 'low',
        request,
        context,
        startLine,
        endLine,
      }));
    },
  };
}

/** The severity of each fingerprint. */
function judge(events: readonly ScannedEvent[]): Map<string, Severity> {
  const groups = new Map<string, { first: ScannedEvent; count: number }>();
  for (const event of events) {
    const group = groups.get(event.fingerprint);
    if (group) group.count += 1;
    else groups.set(event.fingerprint, { first: event, count: 1 });
  }
  const severityOf = ({ first: event, count }: { first: ScannedEvent; count: number }) => {
    const first = Object.assign(event, { source: '', seenAt: 0 });
    const times = { firstSeenAt: 0, lastSeenAt: 0 };
    const { fingerprint } = event;
    const incident = { fingerprint, count, ...times, first, latest: first, followers: [], dropped: 0 };
    return classify(incident, defaultSeverityTable).severity;
  };
  return new Map([...groups].map(([fingerprint, group]) => [fingerprint, severityOf(group)]));
}
