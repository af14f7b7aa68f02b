// A health check that runs on a schedule; what it finds takes the same way as an error of a log.
import type { DetectedEvent } from '../domain/occurrence.js';

export interface Probe {
  /** Unique in one watcher; names the source of what it finds. */
  readonly name: string;
  readonly intervalMs: number;
  /** Answers the failure as an event, or null while all is well. Must not take longer than the signal allows. */
  check(signal: AbortSignal): Promise<DetectedEvent | null>;
}
