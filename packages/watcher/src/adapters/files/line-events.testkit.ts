// For tests: a detector that makes an event of every line, and a watcher reduced to what a restart must preserve.
import type { Clock } from '@levautofix/service-kit/clock';
import { silentLogger } from '@levautofix/service-kit/logger';
import type { EventDetector } from '../../domain/event-detector.js';
import type { DetectedEvent } from '../../domain/occurrence.js';
import { sampleEvent } from '../../domain/sample-event.testkit.js';
import { SnapshotFile, type SavePoint } from '../checkpoints/snapshot-file.js';
import { createFileSource, type FileSourceOptions } from './file-source.js';
import type { ReadPoint } from './watched-file.js';

const holdMs = 50;

/** Holds the last complete line open, as a detector does that waits for the rest of a stack trace. */
export class LineDetector implements EventDetector {
  readonly cutLines = 0;
  #pending = Buffer.alloc(0);
  #pushedAt = 0;
  #line = 0;

  get pendingBytes(): number {
    return this.#pending.length;
  }

  push(bytes: Uint8Array, now: number): DetectedEvent[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    this.#pushedAt = now;
    const last = this.#pending.lastIndexOf(0x0a);
    return last === -1 ? [] : this.#take(this.#pending.lastIndexOf(0x0a, last - 1) + 1);
  }

  flush(now: number): DetectedEvent[] {
    return now - this.#pushedAt < holdMs ? [] : this.#take(this.#pending.lastIndexOf(0x0a) + 1);
  }

  end(): DetectedEvent[] {
    return this.#take(this.#pending.length);
  }

  #take(length: number): DetectedEvent[] {
    const text = this.#pending.subarray(0, length).toString();
    this.#pending = this.#pending.subarray(length);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => this.#event(line));
  }

  #event(message: string): DetectedEvent {
    const line = ++this.#line;
    return sampleEvent({ message }, { startLine: line, endLine: line });
  }
}

export type KillPoint = ReadPoint | SavePoint;
export const killPoints: readonly KillPoint[] = [
  'before-read',
  'after-read',
  'after-detect',
  'after-delivery',
  'before-write',
  'after-write',
  'after-rename',
];

export class Killed extends Error {}

export interface TestWatcherOptions extends Partial<FileSourceOptions> {
  patterns: readonly string[];
  stateFolder: string;
  clock: Clock;
}

/** Source, snapshot and a pipeline whose whole state is the lines it saw. */
export async function startTestWatcher({ stateFolder, ...options }: TestWatcherOptions) {
  let killAt: KillPoint | null = null;
  const reach = (point: KillPoint) => {
    if (point === killAt) throw new Killed(point);
  };
  const store = new SnapshotFile(stateFolder, reach);
  const { snapshot, warning } = await store.load();
  const lines = [...((snapshot?.pipeline as string[] | undefined) ?? [])];
  let delivered = 0;
  const source = createFileSource({
    readFrom: 'beginning',
    createDetector: () => new LineDetector(),
    logger: silentLogger,
    reach,
    ...options,
  });
  await source.start(snapshot?.checkpoints ?? [], (events) => {
    delivered += events.length;
    for (const event of events) lines.push(event.error.message);
  });
  return {
    source,
    warning,
    lines,
    delivered: () => delivered,
    commit: () => store.save({ checkpoints: source.checkpoints(), pipeline: [...lines] }),
    /** From now on the process dies when it gets there. */
    dieAt(point: KillPoint) {
      killAt = point;
    },
  };
}
