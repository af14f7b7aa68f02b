// Follows log files by itself: looks, reads step by step without blocking the process, and finds the pace that the logs need.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Checkpoint } from '../../ports/checkpoint-store.js';
import type { DetectorFactory, EventHandler, LogSource, SourceStats, SourceTrouble } from '../../ports/log-source.js';
import { tailLimit } from '../../tail/content-mark.js';
import { nextPollDelay, pollPace } from '../../tail/poll-pace.js';
import type { ChangeBell } from './change-bell.js';
import { FileTable, type FileTableOptions } from './file-table.js';
import type { ReadPoint } from './watched-file.js';

const stepBytes = 256 * 1024;

export interface FileSourceOptions extends FileTableOptions {
  createDetector: DetectorFactory;
  /** Wakes the reader when something happens; without it polling alone finds everything, up to a second later. */
  bell?: ChangeBell;
  /** Lets a test end the process at a named moment. */
  reach?: (point: ReadPoint) => void;
}

export function createFileSource(options: FileSourceOptions): LogSource {
  return new FileSource(options);
}

class FileSource implements LogSource {
  readonly ended = new Promise<void>(() => {});
  readonly #options: FileSourceOptions;
  readonly #table: FileTable;
  readonly #counters = { bytesRead: 0, truncations: 0, bytesGivenUp: 0, cutLines: 0 };
  #onEvents: EventHandler = () => {};
  #delayMs = pollPace.busyMs;
  #lastNewsAt = 0;
  #cancelPoll: () => void = () => {};
  #polling: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#table = new FileTable(options, {
      buffer: Buffer.allocUnsafeSlow(stepBytes + tailLimit),
      createDetector: options.createDetector,
      deliver: (events, name) => {
        this.#onEvents(events, name);
      },
      now: () => options.clock.now(),
      reach: options.reach ?? (() => {}),
      counters: this.#counters,
    });
  }

  async start(checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void> {
    this.#onEvents = onEvents;
    this.#lastNewsAt = this.#options.clock.now();
    await this.#table.start(checkpoints);
    this.#schedule();
  }

  drain(): Promise<void> {
    return this.#poll(true);
  }

  checkpoints(): Checkpoint[] {
    return this.#table.checkpoints();
  }

  stats(): SourceStats {
    return { ...this.#counters, ...this.#table.stats() };
  }

  troubles(): SourceTrouble[] {
    return this.#table.troubles();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    this.#options.bell?.disarm();
    await this.#polling;
    this.#table.closeAll();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancelPoll = this.#options.clock.after(this.#delayMs, () => {
      this.#pollThenSchedule(false);
    });
    if (this.#options.clock.now() - this.#lastNewsAt >= pollPace.bellAfterMs) this.#armBell();
  }

  #pollThenSchedule(isThorough: boolean): void {
    const goOn = () => {
      this.#schedule();
    };
    // A poll that fails has said so in the log; the next one may work.
    this.#poll(isThorough).then(goOn, goOn);
  }

  /** The bell rings once: while lines stream in, polling is cheaper than an event for each of them. */
  #armBell(): void {
    this.#options.bell?.arm(this.#table.folders(), () => {
      if (this.#isStopped) return;
      this.#cancelPoll();
      this.#lastNewsAt = this.#options.clock.now();
      this.#delayMs = pollPace.busyMs;
      this.#pollThenSchedule(true);
    });
  }

  /** One after the other: a poll that is asked for during another follows it. */
  #poll(isThorough: boolean): Promise<void> {
    const turn = this.#polling.then(() => (this.#isStopped ? undefined : this.#pass(isThorough)));
    this.#polling = turn.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'looking for log lines failed');
    });
    return turn;
  }

  async #pass(isThorough: boolean): Promise<void> {
    const table = this.#table;
    const { clock } = this.#options;
    const startedAt = clock.now();
    await table.discover(isThorough);
    table.look(isThorough);
    const bytesBefore = this.#counters.bytesRead;
    // One step of each in turn, so that a file with much to catch up does not hold up the others.
    while (table.due.size > 0) {
      for (const file of [...table.due]) {
        if (this.#isStopped) return;
        if (!table.readStep(file)) table.due.delete(file);
        await nextTurn();
      }
    }
    table.tidy();
    const hadNews = this.#counters.bytesRead > bytesBefore;
    const endedAt = clock.now();
    if (hadNews) this.#lastNewsAt = endedAt;
    this.#delayMs = nextPollDelay(this.#delayMs, hadNews, endedAt - startedAt);
  }
}
