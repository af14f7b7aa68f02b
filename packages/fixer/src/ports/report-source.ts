// A watcher that is asked for its reports, where it cannot reach the fixer itself.
import type { IncidentReport } from '@levautofix/contract/incident-report';

export interface ReportSource {
  /** Address of the watcher; its place among the reports is remembered under it. */
  readonly name: string;
  /**
   * The reports after `cursor`, oldest first; null begins with the oldest there is. Naming a cursor tells the watcher that
   * everything up to it is durable here and may be forgotten there. Rejects with a retryable Fault.
   */
  read(cursor: string | null, signal: AbortSignal): Promise<ReportPage>;
}

export interface ReportPage {
  reports: IncidentReport[];
  /** What is no report as this version knows them. */
  unusable: { id: string; reason: string }[];
  /** The cursor to ask with next, once this page is durable. */
  next: string;
}
