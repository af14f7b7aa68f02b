// The fixer as the watcher sees it.
import type { IncidentReport, ReportReceipt } from '@levautofix/contract/incident-report';

export interface ReportSink {
  /** Sends one batch, signed for this attempt. Rejects with a Fault: retryable unless the fixer says the batch itself is wrong. */
  send(reports: readonly IncidentReport[], signal: AbortSignal): Promise<ReportReceipt>;
}
