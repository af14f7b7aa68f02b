// Starts parts in order, stops them in reverse, and never waits longer than a deadline for a part to stop.
import type { Logger } from './logger.js';

export interface Part {
  name: string;
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}

export class Lifecycle {
  readonly #parts: Part[];
  readonly #log: Logger;
  readonly #stopDeadlineMs: number;
  #started: Part[] = [];

  constructor(parts: Part[], log: Logger, stopDeadlineMs = 10_000) {
    this.#parts = parts;
    this.#log = log;
    this.#stopDeadlineMs = stopDeadlineMs;
  }

  /** Starts all parts; when one fails, stops those already started and rethrows. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        this.#started.push(part);
        await part.start?.();
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  async stop(): Promise<void> {
    const parts = this.#started.reverse();
    this.#started = [];
    for (const part of parts) {
      try {
        await withDeadline(part.stop?.(), this.#stopDeadlineMs);
      } catch (error) {
        this.#log.error({ part: part.name, err: error }, 'part did not stop cleanly');
      }
    }
  }
}

function withDeadline(work: Promise<void> | void, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`did not stop within ${deadlineMs} ms`)), deadlineMs);
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
