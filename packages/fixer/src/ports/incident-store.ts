// Where incidents live and where each report is counted exactly once.
import type { IncidentReport } from '@levautofix/contract/incident-report';
import type { IncidentState } from '@levautofix/contract/job-state';
import type { Incident } from '../domain/incident.js';

export interface IncidentStore {
  /**
   * Adds a report to its incident (creating it), once per report id however often and after however many restarts it is sent.
   * Resolves only when the result is durable. A duplicate changes nothing and answers the incident as it stands.
   * `count` grows by the report's, severity only rises, first and last time widen, release, host and environment follow the
   * newest report, error, request and context stay those of the first, and the builds it was seen in are counted.
   */
  record(report: IncidentReport, now: number): Promise<{ isDuplicate: boolean; incident: Incident }>;
  get(id: string): Promise<Incident | null>;
  find(service: string, fingerprint: string): Promise<Incident | null>;
  /** Newest activity first. `after` is the `next` of the page before. */
  list(query: {
    state?: IncidentState;
    limit: number;
    after?: string;
  }): Promise<{ items: Incident[]; next: string | null }>;
  /** Compare-and-set on version; null when somebody else was first. */
  update(
    incident: Incident,
    patch: Partial<Pick<Incident, 'state' | 'jobId' | 'snoozedUntil' | 'reason' | 'fixes'>>,
  ): Promise<Incident | null>;
  /** Incidents that are open without a job: left behind when the process died between the two writes. */
  listWithoutJob(limit: number): Promise<Incident[]>;
}
