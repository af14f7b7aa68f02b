// One log file while it is followed: its descriptor, how far it was read, and the proof that it is still the same content.
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { EventDetector } from '../../domain/event-detector.js';
import type { DetectedEvent } from '../../domain/occurrence.js';
import type { FileCheckpoint } from '../../ports/checkpoint-store.js';
import {
  contentHash,
  emptyMark,
  hasMark,
  headLimit,
  markContent,
  tailLimit,
  type ContentMark,
} from '../../tail/content-mark.js';
import { TailWindow } from '../../tail/tail-window.js';
import type { FileKey } from './file-key.js';

/** Moments of a read at which a test lets the process die. */
export type ReadPoint = 'before-read' | 'after-read' | 'after-detect' | 'after-delivery';

export interface FileContext {
  /** Shared by all files, because one is read at a time: room for the tail and one step. */
  buffer: Buffer;
  createDetector(name: string): EventDetector;
  deliver(events: readonly DetectedEvent[], name: string): void;
  now(): number;
  reach(point: ReadPoint): void;
  counters: { bytesRead: number; truncations: number; bytesGivenUp: number; cutLines: number };
}

export class WatchedFile {
  readonly key: FileKey;
  /** The path of its first sight: what people know the log by, also after a rotation. */
  readonly name: string;
  path: string;
  descriptor: number | null = null;
  lastNewsAt: number;
  /** Since when no watched path leads to it; null while one does. */
  namelessSince: number | null = null;
  /** What had been read before the content was last replaced. */
  previous: FileCheckpoint | null = null;
  readonly #context: FileContext;
  /** Made when it is first needed: each takes some hundred kilobytes. */
  #detector: EventDetector | null = null;
  #head: ContentMark = emptyMark;
  #tail = new TailWindow();
  #readOffset = 0;
  #detectorCutLines = 0;
  /** Size and modification time at the last look; differing from these is news. */
  #seen: { size: number; changedAt: bigint } | null = null;
  #isHeadProven = false;

  constructor(context: FileContext, key: FileKey, path: string) {
    this.#context = context;
    this.key = key;
    this.name = path;
    this.path = path;
    this.lastNewsAt = context.now();
  }

  get readOffset(): number {
    return this.#readOffset;
  }

  get bytesBehind(): number {
    return Math.max(0, (this.#seen?.size ?? 0) - this.#readOffset);
  }

  /** Notes a look at the file; answers whether there is something to read or to check. */
  see(size: number, changedAt: bigint): boolean {
    const isNews = !this.#seen || size !== this.#seen.size || changedAt !== this.#seen.changedAt;
    this.#seen = { size, changedAt };
    if (isNews) this.#isHeadProven = false;
    return isNews;
  }

  /** It could not be read: the next look finds news again. */
  unsee(): void {
    this.#seen = null;
  }

  get hasDetector(): boolean {
    return this.#detector !== null;
  }

  get #pendingBytes(): number {
    return this.#detector?.pendingBytes ?? 0;
  }

  /** Gives the detector's memory back. What is pending keeps it. */
  rest(): void {
    if (this.#pendingBytes === 0) this.#endEvents();
  }

  /** Begins at an offset whose content before it is trusted from now on. */
  seek(offset: number): void {
    const before = this.#peek(Math.max(0, offset - tailLimit), Math.min(tailLimit, offset));
    this.#tail = new TailWindow();
    this.#tail.extend(before);
    this.#readOffset = offset;
    this.#head = markContent(this.#peek(0, Math.min(headLimit, offset)));
  }

  hasHeadOf({ headLength, headHash }: FileCheckpoint): boolean {
    return hasMark({ length: headLength, hash: headHash }, this.#peek(0, headLength));
  }

  /** Whether the content up to `readOffset` is what the checkpoint remembers. */
  hasContentOf(checkpoint: FileCheckpoint): boolean {
    const { readOffset, tailHash } = checkpoint;
    if (!this.hasHeadOf(checkpoint)) return false;
    if (tailHash === '') return this.size() >= readOffset;
    const tailLength = Math.min(tailLimit, readOffset);
    const tail = this.#peek(readOffset - tailLength, tailLength);
    return tail.length === tailLength && contentHash(tail) === tailHash;
  }

  /** A copy of up to `length` bytes (the shared buffer's size at most) at `offset`. */
  peek(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#peek(offset, length));
  }

  size(): number {
    return this.descriptor === null ? 0 : fstatSync(this.descriptor).size;
  }

  isDeleted(): boolean {
    return this.descriptor === null || fstatSync(this.descriptor).nlink === 0;
  }

  /**
   * Reads one step. Events are handed over and the position moved before it returns, without a break in between.
   * Answers whether there may be more.
   */
  readStep(): boolean {
    if (this.descriptor === null) return false;
    const { buffer, counters } = this.#context;
    this.#context.reach('before-read');
    // Other content under the same identity is read from its start.
    if (!this.#isHeadProven && !hasMark(this.#head, this.#peek(0, this.#head.length))) this.#startOver();
    this.#isHeadProven = true;
    const length = readSync(this.descriptor, buffer, 0, buffer.length, this.#readOffset - this.#tail.length);
    const read = buffer.subarray(0, length);
    if (!this.#tail.isStartOf(read)) {
      this.#startOver();
      return true;
    }
    const fresh = read.subarray(this.#tail.length);
    if (fresh.length === 0) return false;
    this.#context.reach('after-read');
    const isFull = length === buffer.length;
    this.lastNewsAt = this.#context.now();
    const hole = this.#pendingBytes === 0 ? leadingHole(fresh) : 0;
    this.#detector ??= this.#context.createDetector(this.name);
    const events = hole === fresh.length ? [] : this.#detector.push(fresh.subarray(hole), this.lastNewsAt);
    this.#context.reach('after-detect');
    this.#tail.extend(fresh);
    this.#readOffset += fresh.length;
    counters.bytesRead += fresh.length;
    this.#handOver(events);
    this.#context.reach('after-delivery');
    if (this.#head.length < headLimit) this.#growHead();
    return isFull;
  }

  /** Ends events that were held open for more lines and got none. */
  flush(): void {
    if (this.#detector && this.#pendingBytes > 0) this.#handOver(this.#detector.flush(this.#context.now()));
  }

  /** No more will come: whatever is pending is handed over. */
  finish(): void {
    this.#endEvents();
    this.#context.counters.bytesGivenUp += this.bytesBehind;
  }

  checkpoint(): FileCheckpoint {
    return {
      kind: 'file',
      path: this.path,
      ...this.key,
      headLength: this.#head.length,
      headHash: this.#head.hash,
      offset: this.#readOffset - this.#pendingBytes,
      readOffset: this.#readOffset,
      tailHash: contentHash(this.#tail.bytes),
    };
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  #startOver(): void {
    const { counters } = this.#context;
    counters.truncations++;
    counters.bytesGivenUp += this.bytesBehind;
    this.#endEvents();
    this.previous = this.checkpoint();
    this.#head = emptyMark;
    this.#tail = new TailWindow();
    this.#readOffset = 0;
  }

  /** Nothing that comes after may be joined to what came before. */
  #endEvents(): void {
    if (this.#detector) this.#handOver(this.#detector.end());
    this.#detector = null;
    this.#detectorCutLines = 0;
  }

  #handOver(events: readonly DetectedEvent[]): void {
    const cutLines = this.#detector?.cutLines ?? 0;
    this.#context.counters.cutLines += cutLines - this.#detectorCutLines;
    this.#detectorCutLines = cutLines;
    if (events.length > 0) this.#context.deliver(events, this.name);
  }

  #growHead(): void {
    const head = this.#peek(0, Math.min(headLimit, this.#readOffset));
    // Only what continues the known start: other content is for the next look to notice.
    if (hasMark(this.#head, head)) this.#head = markContent(head);
  }

  /** Into the shared buffer: valid until the next read. */
  #peek(offset: number, length: number): Uint8Array {
    if (this.descriptor === null || length === 0) return new Uint8Array(0);
    const { buffer } = this.#context;
    return buffer.subarray(0, readSync(this.descriptor, buffer, 0, Math.min(length, buffer.length), offset));
  }
}

/** A writer that goes on at its old offset after a truncation leaves a hole, which reads as zero bytes before its next line. */
function leadingHole(bytes: Uint8Array): number {
  if (bytes[0] !== 0) return 0;
  const end = bytes.findIndex((byte) => byte !== 0);
  return end === -1 ? bytes.length : end;
}
