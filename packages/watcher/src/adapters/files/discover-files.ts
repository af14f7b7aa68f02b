// Finds the files that the configured patterns name, and the folders that matter for them.
import { existsSync, readdir, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { glob, isDynamicPattern } from 'tinyglobby';
import { isBelow } from '../../domain/is-below.js';
import type { FileKey } from './file-key.js';

export interface FilePattern {
  /** As configured. */
  text: string;
  /** What it is remembered by: with other exceptions it is another pattern, whose old files are not new ones. */
  key: string;
  /** A path that is meant literally needs no search and is waited for while it does not exist. */
  isLiteral: boolean;
  /** Folder that all its files are below. */
  base: string;
  /** None is deeper: while that folder stays as it is, there is no new one. */
  isFlat: boolean;
  /** Whether another pattern leaves the file out. */
  isExcepted: (path: string) => boolean;
  /** Whether it names the file, be it there or not. */
  names: (path: string) => boolean;
}

/** The patterns of a list in which those that start with `!` leave files, or whole folders, out of all the others. */
export function parsePatterns(texts: readonly string[]): FilePattern[] {
  const exceptions = texts.filter((text) => text.startsWith('!'));
  const paths = exceptions.map((text) => resolve(text.slice(1)));
  const isExcepted = picomatch(
    paths.flatMap((path) => [path, `${path}/**`]),
    { dot: true },
  );
  return texts.filter((text) => !text.startsWith('!')).map((text) => parsePattern(text, exceptions, isExcepted));
}

function parsePattern(text: string, exceptions: readonly string[], isExcepted: (path: string) => boolean): FilePattern {
  const path = resolve(text);
  const isLiteral = !isDynamicPattern(text) || existsSync(path);
  const matches = isLiteral ? (file: string) => file === path : picomatch(path);
  const names = (file: string) => matches(file) && !isExcepted(file);
  const shared = { text, key: [text, ...exceptions].join(','), isLiteral, isExcepted, names };
  if (isLiteral) return { ...shared, base: dirname(path), isFlat: true };
  const parts = path.split('/');
  const firstDynamic = parts.findIndex((part) => isDynamicPattern(part));
  const isFlat = firstDynamic === parts.length - 1 && !text.includes('**');
  return { ...shared, base: parts.slice(0, firstDynamic).join('/') || '/', isFlat };
}

/**
 * Tells which files of the last run are still meant: those that a pattern names, and those that lie beside such, where a rotation
 * has put them. What only a pattern named that is there no more is not: nobody wants to have it read.
 */
export function stillMeant(patterns: readonly FilePattern[], earlierKeys: Iterable<string>): (path: string) => boolean {
  const keys = new Set(patterns.map(({ key }) => key));
  const dropped = [...earlierKeys].filter((key) => !keys.has(key)).flatMap((key) => parsePatterns(key.split(/,(?=!)/)));
  const bases = patterns.map(({ base }) => base);
  return (path) =>
    patterns.some(({ names }) => names(path)) || (isBelow(path, bases) && !dropped.some(({ names }) => names(path)));
}

/** `closed` are folders on the way that this user may not list: what they hold is unseen, not missing. */
export async function findFiles({
  text,
  isLiteral,
  isExcepted,
}: FilePattern): Promise<{ files: string[]; closed: string[] }> {
  const path = resolve(text);
  if (isLiteral) return { files: isExcepted(path) ? [] : [path], closed: [] };
  const closed: string[] = [];
  const fs = { readdir: readdirNoting((folder) => closed.push(resolve(folder))) };
  const found = await glob(path, { absolute: true, onlyFiles: true, expandDirectories: false, fs });
  return {
    files: found.filter((file) => !isExcepted(file)).sort(),
    closed: closed.filter((file) => !isExcepted(file)),
  };
}

/** The search itself passes over such folders without a word. */
function readdirNoting(note: (folder: string) => void): typeof readdir {
  const noting = (folder: string, options: { withFileTypes: true }, done: (...answer: unknown[]) => void): void => {
    readdir(folder, options, (error, entries) => {
      if (error?.code === 'EACCES' || error?.code === 'EPERM') note(folder);
      done(error, entries);
    });
  };
  return noting as typeof readdir;
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
