// Finds the error events in the text of a log.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';

export interface ScannedEvent extends LoggedError {
  fingerprint: Fingerprint;
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
