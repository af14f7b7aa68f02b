// Pull requests on the local disk.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CodeHost } from '../../ports/code-host.js';
import { createLocalHost } from './local-host.js';

let folder: string;
let host: CodeHost;
let head: string | null;
let equal: string | null;
const git = {
  resolveBase: () => Promise.resolve({ commit: 'tip', isFetched: false, warning: null }),
  resolveCommit: () => Promise.resolve(head),
  findEqual: () => Promise.resolve(equal),
};
const draft = {
  repoPath: '/srv/shop',
  branch: 'hotfix/auto-aaaa',
  baseBranch: 'main',
  baseCommit: 'b1',
  commit: 'c1',
  title: 'Fix it',
  body: '<!-- levautofix v1:0123456789abcdef -->\nWhy',
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'levautofix-local-'));
  [head, equal] = ['c1', null];
  const change = { files: [], linesAdded: 0, linesDeleted: 0 };
  host = createLocalHost({
    folder,
    repository: {
      ...git,
      describeChange: (_repo, base, commit) =>
        Promise.resolve({ change: { ...change, diff: `diff ${base}..${commit}\n` }, diffHash: '' }),
    },
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('writes the patch and the text where the address points', async () => {
  expect(await host.check()).toBeNull();
  const { number, url } = await host.open(draft);
  expect(number).toBe(0);
  const place = fileURLToPath(url);
  expect(place).toBe(join(folder, 'hotfix/auto-aaaa'));
  expect(readFileSync(join(place, 'change.patch'), 'utf8')).toBe('diff b1..c1\n');
  expect(readFileSync(join(place, 'body.md'), 'utf8')).toContain('# Fix it');
});

it('keeps one per branch, follows a new commit, and numbers them', async () => {
  const first = await host.open(draft);
  expect(await host.open(draft)).toEqual(first);
  expect(await host.open({ ...draft, commit: 'c2' })).toEqual(first);
  expect(readFileSync(join(folder, draft.branch, 'change.patch'), 'utf8')).toBe('diff b1..c2\n');
  expect(await host.find(draft.branch)).toEqual({ ...first, state: 'open', commit: 'c2' });
  expect(await host.find('hotfix/auto-bbbb')).toBeNull();
  expect((await host.open({ ...draft, branch: 'hotfix/auto-bbbb' })).number).toBe(1);
});

it('says so when its folder cannot be written', async () => {
  writeFileSync(join(folder, 'file'), '');
  const blocked = createLocalHost({
    folder: join(folder, 'file/below'),
    repository: { ...git, describeChange: () => Promise.reject(new Error()) },
  });
  expect(await blocked.check()).toContain('DATA_DIR');
});

it.each([
  ['open while only its branch holds it', 'c1', null, { state: 'open', commit: 'c1', mergeCommit: null }],
  ['merged once the base holds it, branch or not', null, 'm1', { state: 'merged', commit: 'c1', mergeCommit: 'm1' }],
  ['closed once its branch is deleted', null, null, { state: 'closed', commit: 'c1', mergeCommit: null }],
  ['changed by a person who committed to the branch', 'p1', null, { state: 'open', commit: 'p1', mergeCommit: null }],
])('is %s', async (_, branchHead, onBase, expected) => {
  [head, equal] = [branchHead, onBase];
  expect(await host.status({ ...draft, number: 0 })).toEqual(expected);
});
