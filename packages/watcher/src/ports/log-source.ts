// Where log lines come from, and the contract by which nothing read is lost or told twice over a restart.
import type { DetectedEvent } from '../domain/occurrence.js';
import type { EventDetector } from '../domain/event-detector.js';
import type { Checkpoint } from './checkpoint-store.js';

/**
 * The contract between a source and the pipeline: **one cut**.
 *
 * 1. A source hands events over and moves its position in the same synchronous step: `onEvents` is called, and when it returns
 *    `checkpoints()` stands behind those events. `onEvents` therefore must take the events into the pipeline's state before it
 *    returns (no promise, no queue that a snapshot does not hold) and must not throw.
 * 2. The pipeline commits by taking `source.checkpoints()` of every source *and* its own state (open settle windows, counters,
 *    outbox) in one synchronous turn and saving both with one `CheckpointStore.save`. Whatever was read is then either in that
 *    state or still to be read; nothing needs an acknowledgement of its own. Where a save fails, reading goes on: the older cut
 *    is still a true one.
 * 3. A settle window that closes becomes a report with its id and moves to the outbox, which is part of the state. A report goes
 *    to the spool only after a commit that holds it in the outbox, and leaves the outbox with a later commit. After a crash
 *    between the two, the very same report (same id, same count) is appended again: the spool or the fixer drops it by id.
 *
 * So commit as often as you like (every few seconds while there is news, always before spooling, and at the end of `stop`):
 * the interval decides only how much is read again after a crash, not whether anything is lost or doubled.
 */
export interface LogSource {
  /**
   * Resumes from the checkpoints that are its own kind, ignores the others, and then goes on by itself until `stop`.
   * @throws Fault where the source can never work (`journalctl` is missing). A missing or unreadable file is no fault: it is
   *   waited for, with one warning.
   */
  start(checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void>;
  /** Looks for news and reads everything there is now, once; resolves when caught up. For tests and for a last look. */
  drain(): Promise<void>;
  /** The position behind all events handed over so far. Synchronous, and cheap enough for every second. */
  checkpoints(): Checkpoint[];
  stats(): SourceStats;
  /** What keeps it from reading at the moment, for whoever asks why; a source that fails as a whole has nothing to add. */
  troubles?(): SourceTrouble[];
  /** Resolves when there will be no more (end of standard input); never for files. */
  readonly ended: Promise<void>;
  /** Stops reading and closes what is open. Nothing is handed over afterwards; take the last cut after it. */
  stop(): Promise<void>;
}

/** `source` names where the events were read, such as the path of the log file. Synchronous by contract. */
export type EventHandler = (events: readonly DetectedEvent[], source: string) => void;

/** One detector per file or stream. */
export type DetectorFactory = (source: string) => EventDetector;

export interface SourceTrouble {
  /** What cannot be read, and why. */
  problem: string;
  remedy: string;
  /** Only a part of what a pattern names may be unseen. */
  isMinor: boolean;
}

/** Counters since the start of the process, for metrics and the status page. */
export interface SourceStats {
  /** Files or streams known at the moment. */
  sources: number;
  /** Descriptors held open at the moment. */
  open: number;
  bytesRead: number;
  /** Bytes that lie before the reader at the moment. */
  bytesBehind: number;
  cutLines: number;
  rotations: number;
  /** A file was emptied or replaced in place; what was written between the last read and that moment is gone. */
  truncations: number;
  /** Bytes of deleted or replaced files that were let go unread, as far as their size was known. */
  bytesGivenUp: number;
  /** Sources that cannot be read at the moment. */
  unreadable: number;
}
