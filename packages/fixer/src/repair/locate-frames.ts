// Finds the places in the repository that a stack names: through its source maps where it has them, else by the usual folder names.
import { posix } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { locateInRepository, locateSourceMap, readFrames, type Frame } from './stack-frames.js';

/** Files of the repository at one commit. */
export interface FileReader {
  listFiles(): Promise<readonly string[]>;
  /** Null when there is no such file. */
  readFile(path: string): Promise<string | null>;
}

export interface LocatedFrame {
  path: string;
  /** 1-based. */
  line: number;
  /** False when the frame counts the lines of a compiled file that has no source map here: the line is near at best. */
  isExact: boolean;
}

const maxMapLength = 20_000_000;

/** Frames of the service's own code, top frame first. */
export async function locateFrames(
  stack: readonly string[],
  files: ReadonlySet<string>,
  reader: Pick<FileReader, 'readFile'>,
): Promise<LocatedFrame[]> {
  const maps = new Map<string, TraceMap | null>();
  const located: LocatedFrame[] = [];
  for (const frame of readFrames(stack)) {
    const mapPath = locateSourceMap(frame.path, files);
    if (mapPath !== null && !maps.has(mapPath)) maps.set(mapPath, parseMap(await reader.readFile(mapPath)));
    const map = mapPath === null ? null : (maps.get(mapPath) ?? null);
    const original = map && mapPath !== null ? originalOf(frame, map, mapPath, files) : null;
    const path = original ? original.path : locateInRepository(frame.path, files);
    if (path === null) continue;
    located.push(original ?? { path, line: frame.line, isExact: frame.path.endsWith(path) });
  }
  return located;
}

function originalOf(frame: Frame, map: TraceMap, mapPath: string, files: ReadonlySet<string>): LocatedFrame | null {
  const { source, line } = originalPositionFor(map, { line: frame.line, column: Math.max(0, (frame.column ?? 1) - 1) });
  if (source === null || line === null) return null;
  const path = posix.join(posix.dirname(mapPath), source);
  return files.has(path) ? { path, line, isExact: true } : null;
}

/** Null for what is no source map: it comes from the repository and may be anything. */
function parseMap(text: string | null): TraceMap | null {
  if (text === null || text.length > maxMapLength) return null;
  try {
    return new TraceMap(text);
  } catch {
    return null;
  }
}
