// Folders are searched when something may have come, and hardly ever otherwise.
import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parsePatterns } from './discover-files.js';
import { FolderNews } from './folder-news.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logs-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Answers for one look each five seconds. */
function look(pattern: string, count: number, news = new FolderNews(), from = 0) {
  const [parsed] = parsePatterns([join(folder, pattern)]);
  return Array.from({ length: count }, (_, index) => news.mayFind(parsed!, from + index * 5_000));
}

/** The clock of a file system may stand still for some milliseconds. */
function addEntries() {
  const { ctimeNs } = statSync(folder, { bigint: true });
  for (let count = 0; statSync(folder, { bigint: true }).ctimeNs === ctimeNs; count++)
    writeFileSync(join(folder, `${count}.log`), '');
}

it('searches an unchanged folder twice, and again after a minute', () => {
  expect(look('*.log', 15)).toEqual([true, true, ...Array<boolean>(11).fill(false), true, false]);
});

it('searches a folder that has changed, until time has passed since', () => {
  const news = new FolderNews();
  const pattern = parsePatterns([join(folder, '*.log')])[0]!;
  for (const at of [0, 5_000]) expect(news.mayFind(pattern, at)).toBe(true);
  expect(news.mayFind(pattern, 10_000)).toBe(false);
  addEntries();
  // Right after it, twice: more may have come in the same moment.
  expect([15_000, 15_100, 20_100, 25_100].map((at) => news.mayFind(pattern, at))).toEqual([true, true, true, false]);
});

it('searches for what was there and is gone', () => {
  const news = new FolderNews();
  const pattern = parsePatterns([join(folder, '*.log')])[0]!;
  for (const at of [0, 5_000]) news.mayFind(pattern, at);
  news.forget();
  expect(news.mayFind(pattern, 10_000)).toBe(true);
});

it.each(['**/*.log', '*/app.log', '**'])('always searches for %s, which may be deeper', (pattern) => {
  expect(look(pattern, 4)).toEqual([true, true, true, true]);
});
