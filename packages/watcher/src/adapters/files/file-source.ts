// Follows log files: notices what is new, gone, renamed or rewritten, and reads it step by step without blocking the process.
import { statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@levautofix/service-kit/clock';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import type { Checkpoint, FileCheckpoint } from '../../ports/checkpoint-store.js';
import type { DetectorFactory, EventHandler, LogSource, SourceStats } from '../../ports/log-source.js';
import { isArchive } from '../../tail/archive-magic.js';
import { tailLimit } from '../../tail/content-mark.js';
import { nextDiscoverDelay, nextLookDelay, nextPollDelay, pollPace } from '../../tail/poll-pace.js';
import { releaseLimits, shouldRelease } from '../../tail/release-rule.js';
import { chooseResumePoint, startOfLastLine } from '../../tail/resume-point.js';
import type { ChangeBell } from './change-bell.js';
import { findFiles, findSibling, parsePattern, realRoots, type FilePattern } from './discover-files.js';
import { openLogFile, type OpenedFile } from './open-log-file.js';
import { WatchedFile, type FileContext, type FileKey, type ReadPoint } from './watched-file.js';

const stepBytes = 256 * 1024;
/** Far enough back to find the start of a half-written line. */
const lineSearchBytes = 64 * 1024;
/** Bounds memory where very many files are followed. */
const maxDetectors = 32;

export interface FileSourceOptions {
  patterns: readonly string[];
  readFrom: 'end' | 'beginning';
  /** Folders outside those of the patterns that links may lead into. */
  extraRoots?: readonly string[];
  /** Descriptors held open at most; more files are opened in turn. Default 256. */
  maxOpenFiles?: number;
  createDetector: DetectorFactory;
  clock: Clock;
  logger: Logger;
  /** Wakes the reader when something happens; without it polling alone finds everything, up to a second later. */
  bell?: ChangeBell;
  reach?: (point: ReadPoint) => void;
}

/** A path that is looked at. */
interface Place {
  path: string;
  /** Identity key of the file that was there at the last look. */
  holds: string | null;
  lookAgainAt: number;
  /** The pattern is watched for the first time and the file was there at the start: its size then. */
  sizeBeforeWatching: number | null;
  /** Null for what was found beside its successor after a rotation, and no pattern names. */
  pattern: FilePattern | null;
  trouble: string | null;
  /** Identity key of something here that is not a text log. */
  refused: string | null;
}

export function createFileSource(options: FileSourceOptions): LogSource {
  return new FileSource(options);
}

class FileSource implements LogSource {
  readonly ended = new Promise<void>(() => {});
  readonly #options: FileSourceOptions;
  readonly #patterns: FilePattern[];
  readonly #places = new Map<string, Place>();
  readonly #files = new Map<string, WatchedFile>();
  readonly #due = new Set<WatchedFile>();
  /** Checkpoints of the last run whose files have not been opened in this one. */
  readonly #unclaimed = new Map<string, FileCheckpoint>();
  readonly #counters = { bytesRead: 0, truncations: 0, bytesGivenUp: 0, cutLines: 0, rotations: 0 };
  readonly #context: FileContext;
  #maxOpen: number;
  #roots: string[] = [];
  /** Content from before watching that is left out. */
  #bytesSkipped = 0;
  #onEvents: EventHandler = () => {};
  #discoverAt = 0;
  #delayMs = pollPace.busyMs;
  #lastNewsAt = 0;
  #cancelPoll: () => void = () => {};
  #polling: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#patterns = options.patterns.map(parsePattern);
    this.#maxOpen = options.maxOpenFiles ?? 256;
    this.#context = {
      buffer: Buffer.allocUnsafeSlow(stepBytes + tailLimit),
      createDetector: options.createDetector,
      deliver: (events, name) => {
        this.#onEvents(events, name);
      },
      now: () => options.clock.now(),
      reach: options.reach ?? (() => {}),
      counters: this.#counters,
    };
  }

  async start(checkpoints: readonly Checkpoint[], onEvents: EventHandler): Promise<void> {
    this.#onEvents = onEvents;
    this.#lastNewsAt = this.#now();
    const known = new Set(
      checkpoints.flatMap((checkpoint) => (checkpoint.kind === 'pattern' ? [checkpoint.pattern] : [])),
    );
    for (const checkpoint of checkpoints) {
      if (checkpoint.kind === 'file') this.#unclaimed.set(keyText(checkpoint), checkpoint);
    }
    this.#roots = this.#findRoots();
    for (const pattern of this.#patterns) {
      for (const path of await findFiles(pattern)) this.#addPlace(path, pattern, !known.has(pattern.text));
    }
    this.#discoverAt = this.#now() + pollPace.discoverMs;
    this.#look(true);
    this.#claimRotated();
    this.#look(true);
    this.#announce();
    this.#schedule();
  }

  drain(): Promise<void> {
    return this.#poll(true);
  }

  checkpoints(): Checkpoint[] {
    return [
      ...this.#patterns.map((pattern) => ({ kind: 'pattern', pattern: pattern.text }) as const),
      ...this.#unclaimed.values(),
      ...[...this.#files.values()].map((file) => file.checkpoint()),
    ];
  }

  stats(): SourceStats {
    const files = [...this.#files.values()];
    return {
      ...this.#counters,
      sources: files.length,
      open: files.filter((file) => file.descriptor !== null).length,
      bytesBehind: files.reduce((sum, file) => sum + file.bytesBehind, 0),
      unreadable: [...this.#places.values()].filter((place) => place.trouble !== null).length,
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    this.#options.bell?.disarm();
    await this.#polling;
    for (const file of this.#files.values()) file.close();
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancelPoll = this.#options.clock.after(this.#delayMs, () => {
      this.#pollThenSchedule(false);
    });
    if (this.#now() - this.#lastNewsAt >= pollPace.bellAfterMs) this.#armBell();
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
    const folders = new Set([...this.#places.values()].map((place) => dirname(place.path)));
    for (const pattern of this.#patterns) folders.add(pattern.base);
    this.#options.bell?.arm([...folders], () => {
      if (this.#isStopped) return;
      this.#cancelPoll();
      this.#lastNewsAt = this.#now();
      this.#delayMs = pollPace.busyMs;
      this.#discoverAt = 0;
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
    if (isThorough || this.#now() >= this.#discoverAt) await this.#discover();
    this.#look(isThorough);
    if (this.#unclaimed.size > 0) this.#claimRotated();
    const bytesBefore = this.#counters.bytesRead;
    // One step of each in turn, so that a file with much to catch up does not hold up the others.
    while (this.#due.size > 0) {
      for (const file of [...this.#due]) {
        if (this.#isStopped) return;
        if (!this.#readStep(file)) this.#due.delete(file);
        await nextTurn();
      }
    }
    for (const file of this.#files.values()) file.flush();
    this.#restQuiet();
    this.#releaseNameless();
    const hadNews = this.#counters.bytesRead > bytesBefore;
    if (hadNews) this.#lastNewsAt = this.#now();
    this.#delayMs = nextPollDelay(this.#delayMs, hadNews);
  }

  async #discover(): Promise<void> {
    const startedAt = performance.now();
    for (const pattern of this.#patterns) {
      if (pattern.isLiteral) continue;
      for (const path of await findFiles(pattern)) this.#addPlace(path, pattern, false);
    }
    this.#roots = this.#findRoots();
    this.#discoverAt = this.#now() + nextDiscoverDelay(performance.now() - startedAt);
  }

  #findRoots(): string[] {
    return realRoots([...this.#patterns.map((pattern) => pattern.base), ...(this.#options.extraRoots ?? [])]);
  }

  #addPlace(path: string, pattern: FilePattern, isFirstWatched: boolean): void {
    const known = this.#places.get(path);
    if (known) {
      known.pattern = pattern;
      return;
    }
    const sizeBeforeWatching = isFirstWatched ? sizeOf(path) : null;
    const state = { holds: null, lookAgainAt: 0, trouble: null, refused: null };
    this.#places.set(path, { path, pattern, sizeBeforeWatching, ...state });
  }

  /** Looks at the places whose turn it is and notes the files that have something to read. */
  #look(isThorough: boolean): void {
    const now = this.#now();
    let hasMoved = false;
    for (const place of this.#places.values()) {
      if (!isThorough && now < place.lookAgainAt) continue;
      const stats = this.#lookAt(place);
      if (stats === 'hidden') continue;
      const held = place.holds;
      place.holds = stats ? keyText(keyOf(stats)) : null;
      hasMoved ||= held !== place.holds;
      if (!stats || place.holds === null) {
        if (!place.pattern?.isLiteral) this.#places.delete(place.path);
        place.trouble = null;
        continue;
      }
      const file = this.#files.get(place.holds) ?? this.#admit(place, stats);
      if (!file) continue;
      if (file.see(Number(stats.size), stats.mtimeNs) || isThorough) this.#due.add(file);
      place.lookAgainAt = now + nextLookDelay(now - file.lastNewsAt, this.#places.size);
      if (place.pattern === null && now - file.lastNewsAt > releaseLimits.rotatedQuietMs) this.#forget(place, file);
    }
    if (hasMoved) this.#rename();
    for (const file of this.#files.values()) {
      if (file.namelessSince === null || file.descriptor === null) continue;
      file.see(file.size(), 0n);
      if (file.bytesBehind > 0 || isThorough) this.#due.add(file);
    }
  }

  /** A place that cannot be looked at, because its folder is closed or its mount is away, keeps what it held. */
  #lookAt(place: Place): BigIntStats | undefined | 'hidden' {
    try {
      const stats = statSync(place.path, { bigint: true, throwIfNoEntry: false });
      const isOpen = place.holds !== null && (this.#files.get(place.holds)?.descriptor ?? null) !== null;
      if (isOpen) this.#endTrouble(place);
      return stats;
    } catch (error) {
      this.#meetTrouble(place, error);
      const file = place.holds === null ? undefined : this.#files.get(place.holds);
      if (file && file.descriptor !== null) this.#due.add(file);
      return 'hidden';
    }
  }

  /** Answers whether there may be more. */
  #readStep(file: WatchedFile): boolean {
    try {
      return this.#ensureOpen(file) && file.readStep();
    } catch (error) {
      // A read that fails (a network mount that went away) must not stop the other files.
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const place = this.#places.get(file.path);
      if (place) this.#meetTrouble(place, error);
      file.unsee();
      return false;
    }
  }

  /** After a look that found other files in the places: gives each file its present path, or none. */
  #rename(): void {
    const pathsOf = new Map<string, string[]>();
    for (const { holds, path } of this.#places.values()) {
      if (holds !== null) pathsOf.set(holds, [...(pathsOf.get(holds) ?? []), path]);
    }
    for (const [key, file] of this.#files) {
      const paths = pathsOf.get(key);
      if (paths?.includes(file.path)) {
        file.namelessSince = null;
      } else if (paths?.[0] !== undefined) {
        this.#counters.rotations++;
        file.path = paths[0];
        file.namelessSince = null;
      } else {
        this.#seekSibling(key, file);
      }
    }
  }

  #seekSibling(key: string, file: WatchedFile): void {
    const sibling = findSibling(file.path, file.key);
    if (sibling === null) {
      file.namelessSince ??= this.#now();
      return;
    }
    this.#counters.rotations++;
    file.path = sibling;
    file.namelessSince = null;
    this.#addRotated(sibling, key);
  }

  #addRotated(path: string, key: string): void {
    const state = {
      holds: key,
      lookAgainAt: 0,
      sizeBeforeWatching: null,
      trouble: null,
      refused: null,
    };
    this.#places.set(path, { path, pattern: null, ...state });
  }

  /** The files with the latest news keep their detectors, which hold the lines before an error; the others give them back. */
  #restQuiet(): void {
    const ready = [...this.#files.values()].filter((file) => file.hasDetector);
    if (ready.length <= maxDetectors) return;
    ready.sort((a, b) => b.lastNewsAt - a.lastNewsAt);
    for (const file of ready.slice(maxDetectors)) file.rest();
  }

  #forget(place: Place, file: WatchedFile): void {
    this.#places.delete(place.path);
    this.#drop(file);
  }

  #releaseNameless(): void {
    const now = this.#now();
    for (const file of this.#files.values()) {
      if (file.namelessSince === null) continue;
      const state = {
        isDeleted: file.isDeleted(),
        isReadToEnd: file.bytesBehind === 0,
        namelessForMs: now - file.namelessSince,
        quietForMs: now - file.lastNewsAt,
      };
      if (file.descriptor === null || shouldRelease(state)) this.#drop(file);
    }
  }

  #drop(file: WatchedFile): void {
    if (file.bytesBehind > 0) {
      this.#options.logger.warn({ path: file.path, bytes: file.bytesBehind }, 'a deleted log file was let go unread');
    }
    file.finish();
    file.close();
    this.#files.delete(keyText(file.key));
    this.#due.delete(file);
  }

  /** Takes up a file seen for the first time in this run; null while it cannot be read or is no text log. */
  #admit(place: Place, stats: BigIntStats): WatchedFile | null {
    if (place.refused === place.holds) return null;
    const opened = this.#open(place);
    if (!opened) {
      this.#rememberUnread(place, stats);
      return null;
    }
    const file = new WatchedFile(this.#context, keyOf(opened.stats), place.path);
    file.descriptor = opened.descriptor;
    const key = keyText(file.key);
    if (this.#files.has(key)) {
      file.close();
      return null;
    }
    if (isArchive(file.peek(0, 8))) {
      place.refused = key;
      this.#unclaimed.delete(key);
      file.close();
      return null;
    }
    this.#resume(file, place, Number(opened.stats.size));
    this.#files.set(key, file);
    return file;
  }

  #resume(file: WatchedFile, place: Place, size: number): void {
    const checkpoint = this.#claim(file);
    const point = chooseResumePoint({
      known: checkpoint && { offset: checkpoint.offset, isSameContent: file.hasContentOf(checkpoint) },
      isFromBeforeWatching: place.sizeBeforeWatching !== null,
      readFrom: this.#options.readFrom,
      size: Math.min(size, place.sizeBeforeWatching ?? size),
    });
    // Whatever appears at this path later is new.
    place.sizeBeforeWatching = null;
    if (point.reason === 'rewritten') this.#counters.truncations++;
    let { offset } = point;
    if (point.reason === 'end') {
      const from = Math.max(0, offset - lineSearchBytes);
      offset = startOfLastLine(file.peek(from, offset - from), offset);
      this.#bytesSkipped += offset;
    }
    file.seek(offset);
    this.#options.logger.debug({ path: place.path, offset, reason: point.reason }, 'following a log file');
  }

  /** By identity; or by path and content, because device numbers may change with a reboot. */
  #claim(file: WatchedFile): FileCheckpoint | null {
    const key = keyText(file.key);
    const checkpoint =
      this.#unclaimed.get(key) ??
      [...this.#unclaimed.values()].find(
        (other) =>
          other.path === file.path &&
          other.inode === file.key.inode &&
          other.headLength > 0 &&
          file.hasContentOf(other),
      );
    if (checkpoint) this.#unclaimed.delete(keyText(checkpoint));
    return checkpoint ?? null;
  }

  /** A restart must not take a file that was there from the start, but could not be opened yet, for a new one. */
  #rememberUnread(place: Place, stats: BigIntStats): void {
    const key = keyOf(stats);
    if (place.sizeBeforeWatching === null || this.#unclaimed.has(keyText(key))) return;
    const offset = this.#options.readFrom === 'end' ? place.sizeBeforeWatching : 0;
    const unread = { headLength: 0, headHash: '', offset, readOffset: offset, tailHash: '' };
    this.#unclaimed.set(keyText(key), { kind: 'file', path: place.path, ...key, ...unread });
  }

  /** Files of the last run that have another name now are read to their end; those that are gone cannot be. */
  #claimRotated(): void {
    for (const [key, checkpoint] of this.#unclaimed) {
      const place = [...this.#places.values()].find((other) => other.holds === key);
      if (place) continue;
      const path = findSibling(checkpoint.path, checkpoint);
      if (path === null) {
        this.#unclaimed.delete(key);
        this.#options.logger.warn(
          { path: checkpoint.path },
          'a log file is gone; what it got since the last run is unread',
        );
        continue;
      }
      this.#addRotated(path, key);
    }
  }

  #ensureOpen(file: WatchedFile): boolean {
    if (file.descriptor !== null) return true;
    const place = this.#places.get(file.path);
    const opened = place && this.#open(place);
    if (opened) file.descriptor = opened.descriptor;
    if (opened && keyText(keyOf(opened.stats)) === keyText(file.key)) return true;
    file.close();
    file.unsee();
    return false;
  }

  #open(place: Place): OpenedFile | null {
    try {
      this.#makeRoom(this.#maxOpen - 1);
      const opened = openLogFile(place.path, this.#roots);
      this.#endTrouble(place);
      return opened;
    } catch (error) {
      this.#meetTrouble(place, error);
      return null;
    }
  }

  #endTrouble(place: Place): void {
    if (place.trouble !== null) this.#options.logger.info({ path: place.path }, 'a log file can be read again');
    place.trouble = null;
  }

  #meetTrouble(place: Place, error: unknown): void {
    const code = error instanceof Fault ? error.code : ((error as NodeJS.ErrnoException).code ?? 'unknown');
    // It went away between look and open: the next look sees what became of it.
    if (code === 'ENOENT') return;
    if (code === 'EMFILE' || code === 'ENFILE') {
      this.#maxOpen = Math.max(1, this.#openFiles().length - 1);
      this.#makeRoom(this.#maxOpen);
    }
    if (place.trouble === code) return;
    place.trouble = code;
    this.#options.logger.warn(
      { path: place.path, reason: describeError(error) },
      'a log file cannot be read; waiting for it',
    );
  }

  /** Closes the files that have been quiet for longest; they are opened again when something happens to them. */
  #makeRoom(limit: number): void {
    const open = this.#openFiles();
    const excess = open.length - limit;
    if (excess <= 0) return;
    open.sort((a, b) => a.lastNewsAt - b.lastNewsAt);
    for (const file of open.slice(0, excess)) file.close();
  }

  #openFiles(): WatchedFile[] {
    return [...this.#files.values()].filter((file) => file.descriptor !== null && file.namelessSince === null);
  }

  #announce(): void {
    for (const pattern of this.#patterns) {
      const hasFile = [...this.#places.values()].some((place) => place.holds !== null && place.pattern === pattern);
      if (!hasFile) this.#options.logger.warn({ pattern: pattern.text }, 'no such log file yet; waiting for one');
    }
    const bytesSkipped = this.#bytesSkipped;
    this.#options.logger.info(
      { files: this.#files.size, readFrom: this.#options.readFrom, bytesSkipped },
      'following log files',
    );
  }
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? null;
  } catch {
    return null;
  }
}

function keyOf(stats: BigIntStats): FileKey {
  return { device: String(stats.dev), inode: String(stats.ino) };
}

function keyText({ device, inode }: FileKey): string {
  return `${device}:${inode}`;
}
