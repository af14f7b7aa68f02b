// Recognises the copy that a rotation by copy and truncate leaves beside a log, which must not be read as if it were new.
import { basename, dirname, extname } from 'node:path';
import type { FileCheckpoint } from '../ports/checkpoint-store.js';
import { headLimit } from './content-mark.js';

/** A copy may take a while; a file that never grows to the length of its original is none. */
export const copyTimeMs = 30_000;

/**
 * `app.log.1`, `app-20260301.log` and `app__2026-03-01.log` are named after `app.log`. Never the other way round: the new `app.log`
 * beside a renamed `app.log.1` is a log of its own, also when a long banner makes both begin alike.
 */
export function isNamedAfter(copy: string, original: string): boolean {
  const [name, originalName] = [basename(copy), basename(original)];
  const stem = basename(original, extname(original));
  return dirname(copy) === dirname(original) && name.length > originalName.length && name.startsWith(stem);
}

/** Less content than this may be alike by chance. */
export function isTelling(original: FileCheckpoint): boolean {
  return original.headLength >= headLimit;
}

export interface CopyState {
  hasSameHead: boolean;
  /** The copy holds all that was read of the original. */
  hasAllRead: boolean;
  /** The original is as long as it was, so it will be read to its end itself. */
  isOriginalWhole: boolean;
  copySize: number;
  readOffset: number;
  knownForMs: number;
}

/** Where to begin in the copy; `wait` while it is being made; null when it is a file of its own. */
export function chooseCopyOffset(state: CopyState): number | 'wait' | null {
  if (!state.hasSameHead) return null;
  if (state.hasAllRead) return state.isOriginalWhole ? state.copySize : state.readOffset;
  return state.copySize < state.readOffset && state.knownForMs < copyTimeMs ? 'wait' : null;
}
