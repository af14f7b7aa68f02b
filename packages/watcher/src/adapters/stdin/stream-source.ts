// Reads one stream, such as standard input: what a program prints while it runs. Nothing of it can be read a second time.
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@levautofix/service-kit/clock';
import type { EventDetector } from '../../domain/event-detector.js';
import type { DetectedEvent } from '../../domain/occurrence.js';
import type { Checkpoint } from '../../ports/checkpoint-store.js';
import type { DetectorFactory, EventHandler, LogSource, SourceStats } from '../../ports/log-source.js';

/** How often events are looked at that wait for more lines. */
const flushMs = 500;

export interface StreamSourceOptions {
  stream: Readable;
  /** What the events are said to come from. Default `stdin`. */
  name?: string;
  createDetector: DetectorFactory;
  clock: Clock;
}

export function createStreamSource(options: StreamSourceOptions): LogSource {
  return new StreamSource(options);
}

class StreamSource implements LogSource {
  readonly ended: Promise<void>;
  readonly #options: StreamSourceOptions;
  readonly #detector: EventDetector;
  readonly #name: string;
  #announceEnd: () => void = () => {};
  #onEvents: EventHandler = () => {};
  #bytesRead = 0;
  #isOpen = false;
  #cancelFlush: (() => void) | null = null;

  constructor(options: StreamSourceOptions) {
    this.#options = options;
    this.#name = options.name ?? 'stdin';
    this.#detector = options.createDetector(this.#name);
    this.ended = new Promise((resolve) => {
      this.#announceEnd = resolve;
    });
  }

  start(_checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void> {
    this.#onEvents = onEvents;
    this.#isOpen = true;
    const { stream } = this.#options;
    stream.on('data', this.#take);
    stream.once('end', this.#finish);
    // A broken pipe is the end of the stream: what came before it counts.
    stream.once('error', this.#finish);
    stream.once('close', this.#finish);
    return Promise.resolve();
  }

  /** What has arrived is taken as it arrives; this only lets it arrive. */
  async drain(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    if (this.#isOpen) this.#handOver(this.#detector.flush(this.#options.clock.now()));
  }

  checkpoints(): Checkpoint[] {
    return [];
  }

  stats(): SourceStats {
    const isOpen = Number(this.#isOpen);
    const none = { bytesBehind: 0, rotations: 0, truncations: 0, bytesGivenUp: 0, unreadable: 0 };
    return { ...none, sources: isOpen, open: isOpen, bytesRead: this.#bytesRead, cutLines: this.#detector.cutLines };
  }

  stop(): Promise<void> {
    // What is held open could never be read again, so it counts now.
    this.#finish();
    const { stream } = this.#options;
    stream.off('data', this.#take);
    stream.pause();
    return Promise.resolve();
  }

  readonly #take = (chunk: Buffer | string): void => {
    if (!this.#isOpen) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#bytesRead += bytes.length;
    this.#handOver(this.#detector.push(bytes, this.#options.clock.now()));
    this.#flushLater();
  };

  readonly #finish = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cancelFlush?.();
    this.#handOver(this.#detector.end());
    this.#announceEnd();
  };

  #flushLater(): void {
    if (this.#cancelFlush !== null || this.#detector.pendingBytes === 0) return;
    const { clock } = this.#options;
    this.#cancelFlush = clock.after(flushMs, () => {
      this.#cancelFlush = null;
      if (!this.#isOpen) return;
      this.#handOver(this.#detector.flush(clock.now()));
      this.#flushLater();
    });
  }

  #handOver(events: readonly DetectedEvent[]): void {
    if (events.length > 0) this.#onEvents(events, this.#name);
  }
}
