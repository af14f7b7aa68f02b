// Finds the files that the configured patterns name, and the folders that matter for them.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { FileKey } from './watched-file.js';

export interface FilePattern {
  /** As configured. */
  text: string;
  /** A path that is meant literally needs no search and is waited for while it does not exist. */
  isLiteral: boolean;
  /** Folder that all its files are below. */
  base: string;
}

export function parsePattern(text: string): FilePattern {
  const path = resolve(text);
  if (!isDynamicPattern(text) || existsSync(path)) return { text, isLiteral: true, base: dirname(path) };
  const parts = path.split('/');
  const firstDynamic = parts.findIndex((part) => isDynamicPattern(part));
  return { text, isLiteral: false, base: parts.slice(0, firstDynamic).join('/') || '/' };
}

export async function findFiles(pattern: FilePattern): Promise<string[]> {
  if (pattern.isLiteral) return [resolve(pattern.text)];
  const found = await glob(resolve(pattern.text), { absolute: true, onlyFiles: true, expandDirectories: false });
  return found.sort();
}

/** Real paths of the folders that links may lead into. Folders that do not exist yet are left out. */
export function realRoots(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return [realpathSync(folder)];
    } catch {
      return [];
    }
  });
}

/** Looks for a file under another name in the same folder: where a rotation has put it. */
export function findSibling(path: string, key: FileKey): string | null {
  const folder = dirname(path);
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const sibling = join(folder, entry.name);
      const stats = statSync(sibling, { bigint: true, throwIfNoEntry: false });
      if (stats && String(stats.ino) === key.inode && String(stats.dev) === key.device) return sibling;
    }
  } catch {
    // An unreadable folder cannot be searched; the caller goes on as when nothing is found.
  }
  return null;
}
