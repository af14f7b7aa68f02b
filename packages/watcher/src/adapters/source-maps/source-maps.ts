// Source maps beside the files of the program. A log names them, so only folders that the operator named are looked into.
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { isBelow } from '../../domain/is-below.js';
import type { StackFrame } from '../../domain/stack-frame.js';
import type { FrameResolver } from '../../ports/frame-resolver.js';

export interface SourceMapOptions {
  /** Absolute folders. */
  roots: readonly string[];
  /** Milliseconds. */
  now: () => number;
}

/** A larger one would take more memory than the rest of the watcher. */
const maxMapBytes = 4 * 1024 * 1024;
/** Files remembered, with a map or without. */
const maxFiles = 200;
/** Maps kept in memory; one that is needed again is read again. */
const maxMaps = 2;
const lookEveryMs = 60_000;
// NONBLOCK: a named pipe in a map's place must not hang the process.
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

export function createSourceMaps(options: SourceMapOptions): FrameResolver {
  return new SourceMaps(options);
}

class SourceMaps implements FrameResolver {
  readonly #roots: readonly string[];
  readonly #now: () => number;
  /** By generated file: what its map was like when it was last looked at. */
  readonly #files = new Map<string, { mark: string; isUsable: boolean }>();
  readonly #maps = new Map<string, TraceMap>();
  #generation = 0;
  #lookedAt: number;

  constructor({ roots, now }: SourceMapOptions) {
    this.#roots = roots;
    this.#now = now;
    this.#lookedAt = now();
  }

  generation(): number {
    const now = this.#now();
    if (Math.abs(now - this.#lookedAt) >= lookEveryMs) {
      this.#lookedAt = now;
      const isSame = [...this.#files].every(([file, { mark }]) => mark === markOf(file));
      if (!isSame) this.#forget();
    }
    return this.#generation;
  }

  resolve(frame: StackFrame): StackFrame | null {
    const file = pathOf(frame.file);
    if (file === null || frame.line === 0 || !isBelow(file, this.#roots)) return null;
    const map = this.#mapOf(file);
    if (!map) return null;
    const { source, line, column } = originalPositionFor(map, {
      line: frame.line,
      column: Math.max(0, frame.column - 1),
    });
    if (source === null) return null;
    const isUrl = /^[a-z-]+:\/\//.test(source);
    return { name: frame.name, file: isUrl ? source : resolve(dirname(file), source), line, column: column + 1 };
  }

  #mapOf(file: string): TraceMap | null {
    const known = this.#maps.get(file);
    if (known || this.#files.get(file)?.isUsable === false) return known ?? null;
    const mark = markOf(file);
    const map = this.#read(file);
    if (this.#files.size >= maxFiles && !this.#files.has(file)) this.#forget();
    this.#files.set(file, { mark, isUsable: map !== null });
    if (!map) return null;
    const [oldest] = this.#maps.keys();
    if (this.#maps.size >= maxMaps && oldest !== undefined) this.#maps.delete(oldest);
    this.#maps.set(file, map);
    return map;
  }

  #forget(): void {
    this.#files.clear();
    this.#maps.clear();
    this.#generation += 1;
  }

  /** Null for what is no source map: the folder is named by the operator, the file by a log. */
  #read(file: string): TraceMap | null {
    try {
      const path = realpathSync(`${file}.map`);
      const roots = this.#roots.map((root) => realpathSync(root));
      if (!isBelow(path, roots)) return null;
      const descriptor = openSync(path, readOnly);
      try {
        const stats = fstatSync(descriptor);
        if (!stats.isFile() || stats.size > maxMapBytes) return null;
        return new TraceMap(readFileSync(descriptor, 'utf8'));
      } finally {
        closeSync(descriptor);
      }
    } catch {
      return null;
    }
  }
}

function markOf(file: string): string {
  try {
    const stats = statSync(`${file}.map`, { throwIfNoEntry: false });
    return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'absent';
  } catch {
    return 'absent';
  }
}

function pathOf(file: string): string | null {
  if (!/\.[cm]?js$/.test(file)) return null;
  try {
    const path = file.startsWith('file://') ? fileURLToPath(file) : file;
    return isAbsolute(path) ? resolve(path) : null;
  } catch {
    return null;
  }
}
