// Reports that wait on disk until the fixer has them.
import type { IncidentReport } from '@levautofix/contract/incident-report';

export interface SpooledReport {
  /** Grows by one with each report, over restarts. The cursor of pull mode. */
  sequence: number;
  report: IncidentReport;
}

export interface ReportSpool {
  /** Durable when it resolves. When the spool is full, the least severe and then oldest reports give way and are counted. */
  append(reports: readonly IncidentReport[]): Promise<void>;
  /** Oldest first, after a sequence number. */
  read(after: number, limit: number): Promise<SpooledReport[]>;
  /** Everything up to and including this sequence number was taken over. */
  acknowledge(sequence: number): Promise<void>;
  /** Sets a report aside that the fixer refuses, with its reason. */
  reject(sequence: number, reason: string): Promise<void>;
  stats(): { reports: number; bytes: number; dropped: number; rejected: number; oldestAt: number | null };
}
