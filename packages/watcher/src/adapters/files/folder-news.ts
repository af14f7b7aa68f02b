// Tells whether a folder may hold files that the last search did not see: a search takes milliseconds, a look at the folder microseconds.
import { statSync } from 'node:fs';
import { pollPace } from '../../tail/poll-pace.js';
import type { FilePattern } from './discover-files.js';

interface Search {
  /** How the folder looked: its identity and when an entry of it last changed. */
  folder: string;
  /** Since when it is known to look like that. */
  since: number;
  searchedAt: number;
}

export class FolderNews {
  readonly #searches = new Map<FilePattern, Search>();

  /** False where a search would find what it found before; after the answer true there is one. */
  mayFind(pattern: FilePattern, now: number): boolean {
    const folder = pattern.isFlat ? lookOf(pattern.base) : null;
    if (folder === null) return true;
    const last = this.#searches.get(pattern);
    const isSame = last?.folder === folder;
    // Its time may stand still while entries come in quick succession: only a search well after the change has seen them all.
    if (isSame && last.searchedAt - last.since >= pollPace.discoverMs && now - last.searchedAt < pollPace.unchangedMs)
      return false;
    this.#searches.set(pattern, { folder, since: isSame ? last.since : now, searchedAt: now });
    return true;
  }

  /** Something is gone that may come back where a folder does not show it, such as what a link leads to. */
  forget(): void {
    this.#searches.clear();
  }
}

function lookOf(path: string): string | null {
  try {
    const { dev, ino, ctimeNs } = statSync(path, { bigint: true });
    return `${String(dev)}:${String(ino)}:${String(ctimeNs)}`;
  } catch {
    return null;
  }
}
