// An incident: all occurrences of one fingerprint in one service, over its whole life.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { IncidentReport, LoggedError } from '@levautofix/contract/incident-report';
import type { IncidentState } from '@levautofix/contract/job-state';
import type { Severity } from '@levautofix/contract/severity';

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
  version: number;
}
