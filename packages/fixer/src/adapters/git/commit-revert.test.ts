// Taking a merge back by plumbing, in a real repository.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findGit } from './find-git.js';
import { createGitRepository } from './git-repository.js';

let folder: string;
const repository = createGitRepository({ gitPath: findGit(process.env.PATH), env: { PATH: process.env.PATH } });

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test'];
  return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}
function commit(files: Record<string, string | Buffer>): string {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  git('add', '--all');
  git('commit', '--quiet', '-m', 'x');
  return git('rev-parse', 'HEAD');
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'levautofix-revert-'));
  git('init', '--quiet', '--initial-branch=main');
  commit({ 'a.js': 'one\ntwo\nthree\n', 'data.bin': Buffer.from([0, 255, 254, 10]) });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function mergeFix(): string {
  git('checkout', '--quiet', '-b', 'fix');
  commit({ 'a.js': 'one\nTWO\nthree\n', 'new.js': 'new\n', 'data.bin': Buffer.from([0, 1, 2, 10]) });
  git('checkout', '--quiet', 'main');
  git('merge', '--quiet', '--no-ff', '-m', 'merge', 'fix');
  return git('rev-parse', 'HEAD');
}

it('takes back what a merge brought in, keeps what came later, and moves nothing', async () => {
  const before = git('rev-parse', 'main^{tree}');
  const merged = mergeFix();
  const straight = await repository.commitRevert(folder, merged, merged, 'revert: it');
  expect(git('rev-parse', `${straight}^{tree}`)).toBe(before);
  const tip = commit({ 'b.js': 'later\n' });
  const revert = await repository.commitRevert(folder, merged, tip, 'revert: it');
  expect(git('diff', '--name-only', tip, revert!).split('\n')).toEqual(['a.js', 'data.bin', 'new.js']);
  expect(git('show', `${revert}:a.js`)).toBe('one\ntwo\nthree');
  expect(git('rev-parse', `${revert}^`)).toBe(tip);
  expect(await repository.findRevert(folder, [merged], revert!)).toBe(revert);
  expect(git('rev-parse', 'main')).toBe(tip);
  expect(git('status', '--porcelain')).toBe('');
});

it('gives up where later changes stand against it', async () => {
  const merged = mergeFix();
  const tip = commit({ 'a.js': 'one\nTWO AND MORE\nthree\n' });
  expect(await repository.commitRevert(folder, merged, tip, 'revert: it')).toBeNull();
});
