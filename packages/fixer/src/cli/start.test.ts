// What a start refuses, with a real database and a real repository.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CommandIo } from '@levautofix/service-kit/command';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './start.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'levautofix-start-'));
  const repo = join(folder, 'shop');
  mkdirSync(repo);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repo });
  git('init', '-q', '-b', 'main');
  git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '-q', '--allow-empty', '-m', 'Begin');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Stops as soon as it has started. */
function start(...args: string[]): Promise<number> {
  const env = {
    PATH: process.env.PATH,
    ...{ DATA_DIR: 'data', RELAY_SECRET: 'relay-secret-of-the-tests', SANDBOX: 'off', REPAIR_LADDER: 'command' },
    ...{ REPAIR_COMMAND: process.execPath, PORT: '0', LOG_LEVEL: 'silent' },
  };
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const io: CommandIo = {
    ...{ env, cwd: folder, stdin, stdout, stderr },
    ...{ execPath: process.execPath, peakRssBytes: () => 0, signal: AbortSignal.abort() },
  };
  return run(args, io);
}

test('starts with a repository and its base branch', async () => {
  await expect(start('--repo', 'shop')).resolves.toBe(0);
});

test.each([
  ['a repository that is not there', 'repository_missing', ['--repo', 'nope']],
  ['a folder that is no repository', 'repository_not_git', ['--repo', '.']],
  ['a base branch that is not there', 'base_branch_missing', ['--repo', 'shop', '--base', 'trunk']],
])('refuses %s', async (_what, code, args) => {
  await expect(start(...args)).rejects.toMatchObject({ code });
});
