// Finds the error events in the text of a log.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Severity } from '@levautofix/contract/severity';

export interface ScannedEvent extends LoggedError {
  fingerprint: Fingerprint;
  /** Of its error, for as often as the log holds it. */
  severity: Severity;
  request: { method: string; path: string } | null;
  /** Lines before the event, oldest first. */
  context: string[];
  /** 1-based lines of the text. */
  startLine: number;
  endLine: number;
}

export interface LogScanner {
  /** In the order of the text. */
  scan(log: string): ScannedEvent[];
}
