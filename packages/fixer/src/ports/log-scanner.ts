// Finds error events in a log text, with the watcher's own detection and fingerprint.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';

export interface ScannedEvent extends LoggedError {
  fingerprint: Fingerprint;
  request: { method: string; path: string } | null;
  /** 1-based lines of the text. */
  startLine: number;
  endLine: number;
}

export interface LogScanner {
  scan(log: string): Promise<ScannedEvent[]>;
}
