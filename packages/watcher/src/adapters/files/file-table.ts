// Which files are followed and where they are: what is new, gone, renamed or rewritten, and what the last run knew of it.
import { statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { Fault } from '@levautofix/service-kit/fault';
import type { Clock } from '@levautofix/service-kit/clock';
import type { Logger } from '@levautofix/service-kit/logger';
import type { Checkpoint } from '../../ports/checkpoint-store.js';
import type { SourceTrouble } from '../../ports/log-source.js';
import { isArchive } from '../../tail/archive-magic.js';
import { nextDiscoverDelay, nextLookDelay, pollPace } from '../../tail/poll-pace.js';
import { releaseLimits, shouldRelease } from '../../tail/release-rule.js';
import { chooseResumePoint, startOfLastLine } from '../../tail/resume-point.js';
import { findFiles, findSibling, parsePatterns, realRoots, stillMeant, type FilePattern } from './discover-files.js';
import { EarlierCheckpoints } from './earlier-checkpoints.js';
import { keyOf, keyText } from './file-key.js';
import { FileOpener } from './file-opener.js';
import { findOriginal } from './find-original.js';
import { FolderNews } from './folder-news.js';
import { WatchedFile, type FileContext } from './watched-file.js';

/** Far enough back to find the start of a half-written line. */
const lineSearchBytes = 64 * 1024;
/** Bounds memory where very many files are followed. */
const maxDetectors = 32;

export interface FileTableOptions {
  /** Globs; one that starts with `!` leaves files out of all the others. */
  patterns: readonly string[];
  readFrom: 'end' | 'beginning';
  /** Folders outside those of the patterns that links may lead into. */
  extraRoots?: readonly string[];
  /** Descriptors held open at most; more files are opened in turn. Default 256. */
  maxOpenFiles?: number;
  clock: Clock;
  logger: Logger;
}

/** A path that is looked at. */
interface Place {
  path: string;
  /** Identity key of the file that was there at the last look. */
  holds: string | null;
  knownSince: number;
  lookAgainAt: number;
  /** The pattern is watched for the first time and the file was there at the start: its size then. */
  sizeBeforeWatching: number | null;
  /** Null for what was found beside its successor after a rotation, and no pattern names. */
  pattern: FilePattern | null;
  trouble: Fault | null;
  /** Identity key of something here that is not a text log. */
  refused: string | null;
}

export class FileTable {
  readonly due = new Set<WatchedFile>();
  readonly #options: FileTableOptions;
  readonly #context: FileContext;
  readonly #patterns: FilePattern[];
  readonly #places = new Map<string, Place>();
  readonly #files = new Map<string, WatchedFile>();
  readonly #earlier = new EarlierCheckpoints();
  /** Files that hold a detector, the one read last at the end. */
  readonly #detecting = new Set<WatchedFile>();
  readonly #opener: FileOpener;
  readonly #folderNews = new FolderNews();
  /** Folders that the last search of a pattern could not list. */
  readonly #closed = new Map<FilePattern, readonly string[]>();
  #rotations = 0;
  /** Content from before watching that is left out. */
  #bytesSkipped = 0;
  #discoverAt = 0;

  constructor(options: FileTableOptions, context: FileContext) {
    this.#options = options;
    this.#context = context;
    this.#patterns = parsePatterns(options.patterns);
    this.#opener = new FileOpener(options.logger, this.#files, options.maxOpenFiles ?? 256);
  }

  async start(checkpoints: readonly Checkpoint[]): Promise<void> {
    const known = new Set(
      checkpoints.flatMap((checkpoint) => (checkpoint.kind === 'pattern' ? [checkpoint.pattern] : [])),
    );
    const isMeant = stillMeant(this.#patterns, known);
    for (const checkpoint of checkpoints) {
      if (checkpoint.kind === 'file' && isMeant(checkpoint.path)) this.#earlier.add(checkpoint);
    }
    this.#opener.roots = this.#findRoots();
    for (const pattern of this.#patterns) {
      for (const path of await this.#search(pattern)) this.#addPlace(path, pattern, !known.has(pattern.key));
    }
    this.#discoverAt = this.#now() + pollPace.discoverMs;
    this.look(true);
    this.look(true);
    this.#announce();
  }

  checkpoints(): Checkpoint[] {
    return [
      ...this.#patterns.map((pattern) => ({ kind: 'pattern', pattern: pattern.key }) as const),
      ...this.#earlier.values(),
      ...[...this.#files.values()].map((file) => file.checkpoint()),
    ];
  }

  stats() {
    const files = [...this.#files.values()];
    return {
      rotations: this.#rotations,
      sources: files.length,
      open: files.filter((file) => file.descriptor !== null).length,
      bytesBehind: files.reduce((sum, file) => sum + file.bytesBehind, 0),
      unreadable: [...this.#places.values()].filter((place) => place.trouble !== null).length,
    };
  }

  troubles(): SourceTrouble[] {
    const files = [...this.#places.values()].flatMap(({ trouble }) =>
      trouble ? [{ problem: trouble.message, remedy: trouble.remedy, isMinor: false }] : [],
    );
    const folders = [...this.#closed].flatMap(([{ text, base }, closed]) =>
      closed.map((folder) => ({
        problem: `The folder ${folder} cannot be listed, so its files for ${text} are not seen.`,
        remedy: 'Let this user read and enter it, for example through the group `adm`.',
        isMinor: folder !== base,
      })),
    );
    return [...files, ...folders];
  }

  /** Folders in which something that matters may happen. */
  folders(): string[] {
    const folders = new Set([...this.#places.values()].map((place) => dirname(place.path)));
    for (const pattern of this.#patterns) folders.add(pattern.base);
    return [...folders];
  }

  closeAll(): void {
    for (const file of this.#files.values()) file.close();
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** Searches for new files when it is time. */
  async discover(isThorough: boolean): Promise<void> {
    if (!isThorough && this.#now() < this.#discoverAt) return;
    const startedAt = performance.now();
    for (const pattern of this.#patterns) {
      if (pattern.isLiteral) continue;
      if (!this.#folderNews.mayFind(pattern, this.#now()) && !isThorough) continue;
      for (const path of await this.#search(pattern)) this.#addPlace(path, pattern, false);
    }
    this.#opener.roots = this.#findRoots();
    this.#discoverAt = this.#now() + nextDiscoverDelay(performance.now() - startedAt);
  }

  async #search(pattern: FilePattern): Promise<string[]> {
    const { files, closed } = await findFiles(pattern);
    const told = this.#closed.get(pattern) ?? [];
    for (const path of closed.filter((folder) => !told.includes(folder)))
      this.#options.logger.warn(
        { path, pattern: pattern.text },
        'a folder cannot be listed; its log files are not seen',
      );
    this.#closed.set(pattern, closed);
    return files;
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
    const state = { holds: null, knownSince: this.#now(), lookAgainAt: 0, trouble: null, refused: null };
    this.#places.set(path, { path, pattern, sizeBeforeWatching, ...state });
  }

  /** Looks at the places whose turn it is and notes the files that have something to read. */
  look(isThorough: boolean): void {
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
        if (!place.pattern?.isLiteral) {
          this.#places.delete(place.path);
          this.#folderNews.forget();
        }
        place.trouble = null;
        continue;
      }
      const file = this.#files.get(place.holds) ?? this.#admit(place, stats);
      if (!file) continue;
      if (file.see(Number(stats.size), stats.mtimeNs) || isThorough) this.due.add(file);
      place.lookAgainAt = now + nextLookDelay(now - file.lastNewsAt, this.#places.size);
      if (place.pattern === null && now - file.lastNewsAt > releaseLimits.rotatedQuietMs) this.#forget(place, file);
    }
    if (hasMoved) this.#rename();
    this.#claimRotated();
    for (const file of this.#files.values()) {
      if (file.namelessSince === null || file.descriptor === null) continue;
      file.see(file.size(), 0n);
      if (file.bytesBehind > 0 || isThorough) this.due.add(file);
    }
  }

  /** A place that cannot be looked at, because its folder is closed or its mount is away, keeps what it held. */
  #lookAt(place: Place): BigIntStats | undefined | 'hidden' {
    try {
      const stats = statSync(place.path, { bigint: true, throwIfNoEntry: false });
      const isOpen = place.holds !== null && (this.#files.get(place.holds)?.descriptor ?? null) !== null;
      if (isOpen) this.#opener.endTrouble(place);
      return stats;
    } catch (error) {
      this.#opener.meetTrouble(place, error);
      const file = place.holds === null ? undefined : this.#files.get(place.holds);
      if (file && file.descriptor !== null) this.due.add(file);
      return 'hidden';
    }
  }

  /** Answers whether there may be more. */
  readStep(file: WatchedFile): boolean {
    try {
      if (!this.#ensureOpen(file)) return false;
      const { truncations } = this.#context.counters;
      const hasMore = file.readStep();
      // A copy that was made of what is gone now is found while it is still known what that was.
      if (this.#context.counters.truncations > truncations) this.#discoverAt = 0;
      if (file.hasDetector) this.#holdDetector(file);
      return hasMore;
    } catch (error) {
      // A read that fails (a network mount that went away) must not stop the other files.
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const place = this.#places.get(file.path);
      if (place) this.#opener.meetTrouble(place, error);
      file.unsee();
      return false;
    }
  }

  /** After the reading: ends what waited long enough, and lets go what has to be let go. */
  tidy(): void {
    for (const file of this.#detecting) file.flush();
    this.#releaseNameless();
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
        this.#rotations++;
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
    this.#rotations++;
    file.path = sibling;
    file.namelessSince = null;
    this.#addRotated(sibling, key);
  }

  #addRotated(path: string, key: string): void {
    const state = {
      holds: key,
      knownSince: this.#now(),
      lookAgainAt: 0,
      sizeBeforeWatching: null,
      trouble: null,
      refused: null,
    };
    this.#places.set(path, { path, pattern: null, ...state });
  }

  /** The files read last keep their detectors, which hold the lines before an error; the others give them back. */
  #holdDetector(file: WatchedFile): void {
    this.#detecting.delete(file);
    this.#detecting.add(file);
    if (this.#detecting.size <= maxDetectors) return;
    for (const other of this.#detecting) {
      other.rest();
      if (!other.hasDetector) this.#detecting.delete(other);
      if (this.#detecting.size <= maxDetectors) return;
    }
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
    // Its folder may be a mount that comes back; of a deleted file there is nothing to come.
    if (file.descriptor === null) this.#earlier.addAbsent(file.checkpoint());
    file.finish();
    file.close();
    this.#files.delete(keyText(file.key));
    this.due.delete(file);
    this.#detecting.delete(file);
  }

  /** Takes up a file seen for the first time in this run; null while it cannot be read or is no text log. */
  #admit(place: Place, stats: BigIntStats): WatchedFile | null {
    if (place.refused === place.holds) return null;
    const opened = this.#opener.open(place);
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
      this.#earlier.drop(key);
      file.close();
      return null;
    }
    if (!this.#resume(file, place, Number(opened.stats.size))) {
      file.close();
      return null;
    }
    this.#files.set(key, file);
    return file;
  }

  /** False while the file is not ready to be followed. */
  #resume(file: WatchedFile, place: Place, size: number): boolean {
    const checkpoint = this.#earlier.claim(file);
    const point = chooseResumePoint({
      known: checkpoint && { offset: checkpoint.offset, isSameContent: file.hasContentOf(checkpoint) },
      isFromBeforeWatching: place.sizeBeforeWatching !== null,
      readFrom: this.#options.readFrom,
      size: Math.min(size, place.sizeBeforeWatching ?? size),
    });
    // Whatever appears at this path later is new.
    place.sizeBeforeWatching = null;
    if (point.reason === 'rewritten') {
      this.#context.counters.truncations++;
      file.previous = checkpoint;
    }
    let { offset } = point;
    if (point.reason === 'appeared') {
      const copy = { path: place.path, size, knownForMs: this.#now() - place.knownSince };
      const copied = findOriginal(file, copy, this.#files.values());
      if (copied === 'wait') return false;
      offset = copied ?? 0;
    }
    if (point.reason === 'end') {
      const from = Math.max(0, offset - lineSearchBytes);
      offset = startOfLastLine(file.peek(from, offset - from), offset);
      this.#bytesSkipped += offset;
    }
    file.seek(offset);
    this.#options.logger.debug({ path: place.path, offset, reason: point.reason }, 'following a log file');
    return true;
  }

  /** A restart must not take a file that was there from the start, but could not be opened yet, for a new one. */
  #rememberUnread(place: Place, stats: BigIntStats): void {
    const key = keyOf(stats);
    if (place.sizeBeforeWatching === null || this.#earlier.has(keyText(key))) return;
    const offset = this.#options.readFrom === 'end' ? place.sizeBeforeWatching : 0;
    const unread = { headLength: 0, headHash: '', offset, readOffset: offset, tailHash: '' };
    this.#earlier.add({ kind: 'file', path: place.path, ...key, ...unread });
  }

  /** Files of the last run that have another name now are read to their end; those that are gone cannot be. */
  #claimRotated(): void {
    const unsought = this.#earlier.unsought();
    if (unsought.length === 0) return;
    const held = new Set([...this.#places.values()].map((place) => place.holds));
    for (const checkpoint of unsought) {
      const key = keyText(checkpoint);
      if (held.has(key)) continue;
      const path = findSibling(checkpoint.path, checkpoint);
      if (path !== null) {
        this.#addRotated(path, key);
        continue;
      }
      this.#earlier.addAbsent(checkpoint);
      this.#options.logger.warn(
        { path: checkpoint.path },
        'a log file is gone; what it got since the last run is unread',
      );
    }
  }

  #ensureOpen(file: WatchedFile): boolean {
    if (file.descriptor !== null) return true;
    const place = this.#places.get(file.path);
    const opened = place && this.#opener.open(place);
    if (opened) file.descriptor = opened.descriptor;
    if (opened && keyText(keyOf(opened.stats)) === keyText(file.key)) return true;
    file.close();
    file.unsee();
    return false;
  }

  #announce(): void {
    for (const pattern of this.#patterns) {
      const isKnown = [...this.#places.values()].some(
        (place) => place.pattern === pattern && (place.holds !== null || place.trouble !== null),
      );
      // What is told already is not said to be missing as well.
      if (!isKnown && !this.#closed.get(pattern)?.includes(pattern.base))
        this.#options.logger.warn({ pattern: pattern.text }, 'no such log file yet; waiting for one');
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
