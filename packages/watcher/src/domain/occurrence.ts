// One error event seen in a log.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { LoggedError } from '@levautofix/contract/incident-report';

/** As detected: text of the log, not yet redacted. What is `readonly` here may be made only when it is asked for, so copy by name. */
export interface DetectedEvent {
  readonly error: LoggedError;
  /** Moment in the log line, milliseconds since the epoch; null where the log has no time. */
  readonly loggedAt: number | null;
  /** Level word of the log, lower case, such as `error` or `fatal`; null where there is none. */
  readonly level: string | null;
  readonly request: { method: string; path: string } | null;
  /** Trace or request id that the log line carries; joins cascades. */
  readonly traceId: string | null;
  /** Lines before the event in the same source, oldest first. */
  readonly context: string[];
  /** 1-based lines of the source as read by this detector. */
  startLine: number;
  endLine: number;
  /** Lines that belong to the event where others are interleaved; undefined when it is contiguous. */
  lines?: number[];
  /** The same for events that differ in their numbers alone, so that they are one error; undefined where that is not known. */
  readonly template?: object;
}

export interface Occurrence extends DetectedEvent {
  fingerprint: Fingerprint;
  /** Name of the source, such as the path of the log file. */
  source: string;
  /** When the watcher saw it. */
  seenAt: number;
}
