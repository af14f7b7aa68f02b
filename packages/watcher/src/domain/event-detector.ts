// What turns the bytes of one log source into error events; the seam between reading and understanding.
import type { DetectedEvent } from './occurrence.js';

export interface EventDetector {
  /** Takes bytes that follow directly on those before, cut anywhere. Answers the events that are complete. */
  push(bytes: Uint8Array, now: number): DetectedEvent[];
  /** Ends events that are held open and have not grown for the joining timeout. */
  flush(now: number): DetectedEvent[];
  /** The source has ended (or a new file begins): nothing may be joined across. */
  end(): DetectedEvent[];
  /**
   * Bytes at the end of what was pushed that are not yet accounted for. Reading again from that many bytes earlier, with a new
   * detector, loses nothing and repeats nothing.
   */
  readonly pendingBytes: number;
  /** Lines longer than the limit that were cut, for the metrics. */
  readonly cutLines: number;
}
