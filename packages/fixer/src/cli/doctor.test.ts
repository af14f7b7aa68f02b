// What `doctor` says about a configuration, from a real repository; the addresses in it answer nobody.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandIo } from '@levautofix/service-kit/command';
import type { Finding } from '@levautofix/service-kit/checklist';
import { silentLogger } from '@levautofix/service-kit/logger';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeFixer } from '../compose.js';
import { loadFixerConfig } from '../config/config.js';
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

test('takes the flags of a start', async () => {
  const { find } = await doctor({ REPO_PATH: '' }, '--repo', repo, '--base', 'trunk', '--service', 'store');
  expect(find('repository of store')).toMatchObject({ state: 'fault' });
  expect(find('repository of store')?.remedy).toContain('The base branch trunk does not exist');
});

test('is at fault where a start could not listen', async () => {
  const other = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const PORT = String((other.address() as AddressInfo).port);
    const taken = await doctor({ PORT });
    expect(taken.exitCode).toBe(1);
    expect(taken.find('address')?.remedy).toContain(`Cannot listen on 127.0.0.1:${PORT} (EADDRINUSE).`);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
  // An address of the documentation's own (RFC 5737), which no machine has.
  expect((await doctor({ HOST: '192.0.2.1' })).find('address')).toMatchObject({ state: 'fault' });
});

test('is content beside the running fixer', async () => {
  const settings = { RELAY_SECRET: 'relay-secret-of-the-tests', REPO_PATH: repo, DATA_DIR: join(folder, 'data') };
  const { config, secrets } = await loadFixerConfig({ ...settings, SANDBOX: 'off', PORT: '0' }, { cwd: folder });
  const host = { env: process.env, cwd: folder, stdin: new PassThrough(), stdout: new PassThrough(), execPath: '' };
  const fixer = await composeFixer(config, secrets, host, { channels: [], agents: new Map(), log: silentLogger });
  await fixer.start();
  try {
    const PORT = new URL(fixer.url).port;
    expect((await doctor({ PORT })).find('address')).toMatchObject({
      state: 'ok',
      found: `127.0.0.1:${PORT}, held by a running fixer with this RELAY_SECRET`,
    });
    expect((await doctor({ PORT, RELAY_SECRET: 'another-secret-of-the-tests' })).exitCode).toBe(1);
  } finally {
    await fixer.stop();
  }
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
