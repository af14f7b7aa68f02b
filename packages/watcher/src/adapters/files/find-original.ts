// For a copy that a rotation has made of a followed file: how much of it was read there.
import { chooseCopyOffset, isNamedAfter, isTelling } from '../../tail/rotation-copy.js';
import type { WatchedFile } from './watched-file.js';

export interface NewFile {
  path: string;
  size: number;
  knownForMs: number;
}

/** `wait` while the copy is being made; null for a file of its own. */
export function findOriginal(
  file: WatchedFile,
  { path, size, knownForMs }: NewFile,
  others: Iterable<WatchedFile>,
): number | 'wait' | null {
  for (const other of others) {
    if (!isNamedAfter(path, other.name)) continue;
    for (const original of [other.checkpoint(), other.previous]) {
      if (!original || !isTelling(original)) continue;
      const offset = chooseCopyOffset({
        hasSameHead: file.hasHeadOf(original),
        hasAllRead: file.hasContentOf(original),
        isOriginalWhole: original !== other.previous && other.size() >= original.readOffset,
        copySize: size,
        readOffset: original.readOffset,
        knownForMs,
      });
      if (offset !== null) return offset;
    }
  }
  return null;
}
