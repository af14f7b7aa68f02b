import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLogFile } from './open-log-file.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'open-')));
  mkdirSync(join(folder, 'log'));
  writeFileSync(join(folder, 'outside.log'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (path: string) => () => openLogFile(path, [join(folder, 'log')]);

it('tells a link that leads out of the watched folders from a file that lies outside of them', () => {
  const link = join(folder, 'log', 'link.log');
  symlinkSync(join(folder, 'outside.log'), link);
  expect(open(link)).toThrow(`${link} is a link that leads out of the watched folders.`);
  const outside = join(folder, 'outside.log');
  expect(open(outside)).toThrow(`${outside} lies outside the watched folders.`);
});
