// What `doctor` says about a configuration, from a real repository; the addresses in it answer nobody.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandIo } from '@levautofix/service-kit/command';
import type { Finding } from '@levautofix/service-kit/checklist';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './doctor.js';

let folder: string;
let repo: string;
const git = (...args: string[]) => execFileSync('git', args, { cwd: repo });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'levautofix-doctor-'));
  repo = join(folder, 'shop');
  mkdirSync(repo);
  git('init', '-q', '-b', 'main');
  git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '-q', '--allow-empty', '-m', 'Begin');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function doctor(more: Record<string, string>, ...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = {
    PATH: process.env.PATH,
    ...{ REPO_PATH: repo, DATA_DIR: join(folder, 'data'), RELAY_SECRET: 'relay-secret-of-the-tests' },
    // A rung that is ready on any machine.
    ...{ SANDBOX: 'off', REPAIR_LADDER: 'command', REPAIR_COMMAND: process.execPath, PORT: '0' },
    ...more,
  };
  const { signal } = new AbortController();
  const io: CommandIo = {
    ...{ env, cwd: folder, stdin: new PassThrough(), stdout, stderr },
    ...{ execPath: process.execPath, peakRssBytes: () => 0, signal },
  };
  const exitCode = await run(['--json', ...args], io);
  stdout.end();
  const printed = await text(stdout);
  const { checks } = JSON.parse(printed) as { checks: Finding[] };
  return { exitCode, printed, checks, find: (name: string) => checks.find((check) => check.name === name) };
}

test('is content with a repository and one rung', async () => {
  const { exitCode, checks } = await doctor({});
  expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(exitCode).toBe(0);
});

test('shows no password of any address', async () => {
  // Port 1 of loopback answers nobody.
  const away = (name: string) => `http://user:hidden-${name}@127.0.0.1:1`;
  git('remote', 'add', 'origin', `${away('remote')}/o/n.git`);
  const { checks, printed } = await doctor({
    HTTPS_PROXY: away('proxy'),
    MONGODB_URI: 'mongodb://user:hidden-mongodb@127.0.0.1:1/x?serverSelectionTimeoutMS=200',
    ...{ REPAIR_LADDER: 'ollama,command', OLLAMA_URL: away('ollama'), OLLAMA_MODEL: 'coder' },
    WATCHER_URLS: away('watcher'),
    ...{ GITHUB_TOKEN: 'hidden-token', GITHUB_API_URL: away('github'), GITHUB_REPOSITORY: 'o/n' },
    ...{ TELEGRAM_BOT_TOKEN: '123456:hidden-token', TELEGRAM_CHAT_ID: '1', TELEGRAM_API_ROOT: away('telegram') },
  });
  const troubled = checks.filter(({ state }) => state !== 'ok').map(({ name }) => name);
  expect(troubled).toEqual([
    ...['store', 'repository of shop', 'code host of shop'],
    ...['rung ollama', 'watcher at 127.0.0.1:1', 'questions'],
  ]);
  expect(printed).toContain('http://***@127.0.0.1:1. Start it or set OLLAMA_URL.');
  expect(printed).not.toContain('hidden');
});
