// The prompt of a stored job, printed from a real database and a real repository.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandIo } from '@levautofix/service-kit/command';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../adapters/sqlite/open-sqlite-store.js';
import { newJob } from '../job/new-job.js';
import { run } from './prompt.js';

let folder: string;
let repo: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'levautofix-prompt-'));
  repo = join(folder, 'shop');
  mkdirSync(repo);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repo });
  git('init', '-q', '-b', 'main');
  writeFileSync(join(repo, 'orders.js'), 'export const total = (order) =>\n  order.items.length;\n');
  git('add', '-A');
  git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '-qm', 'Count the items');
  const store = await openSqliteStore({ folder: join(folder, 'data') });
  const at = '2099-03-01T12:00:00Z';
  const { incident } = await store.incidents.record(
    {
      ...{ id: 'r', service: 'shop', environment: '', release: null, host: '', kind: 'error' as const },
      ...{ severity: 'high' as const, fingerprint: 'v1:0000000000000001' as const, count: 3, request: null },
      ...{ firstSeenAt: at, lastSeenAt: at },
      error: { type: 'TypeError', message: 'no items', stack: [`    at total (${repo}/orders.js:2:9)`] },
      context: ['token relay-secret-of-the-tests'],
    },
    0,
  );
  await store.jobs.open(newJob({ id: 'job-1', incident, baseBranch: 'main', now: 0 }));
  await store.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function prompt(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = {
    PATH: process.env.PATH,
    ...{ REPO_PATH: repo, SERVICE_NAME: 'shop', DATA_DIR: join(folder, 'data') },
    ...{ RELAY_SECRET: 'relay-secret-of-the-tests', REPAIR_LADDER: 'claude-code,codex' },
  };
  const { signal } = new AbortController();
  const io: CommandIo = {
    ...{ env, cwd: folder, stdin: new PassThrough(), stdout, stderr },
    ...{ execPath: process.execPath, peakRssBytes: () => 0, signal },
  };
  const exitCode = await run(args, io);
  stdout.end();
  stderr.end();
  return { exitCode, stdout: await text(stdout), stderr: await text(stderr) };
}

test('prints what the agent is told, and its size apart from it', async () => {
  const { exitCode, stdout, stderr } = await prompt('job-1');
  expect(exitCode).toBe(0);
  for (const part of [
    'TypeError: no items',
    '>    2    order.items.length;',
    'Count the items (touched the lines around',
  ])
    expect(stdout).toContain(part);
  expect(stdout).not.toContain('relay-secret-of-the-tests');
  const characters = stdout.length.toLocaleString('en-US');
  expect(stderr).toBe(
    `Attempt 1 by claude-code: ${characters} characters, about ${Math.ceil(stdout.length / 4).toLocaleString('en-US')} tokens.\n`,
  );
  const json = JSON.parse((await prompt('job-1', '--json')).stdout) as Record<string, unknown>;
  expect(json).toMatchObject({ job: 'job-1', attempt: 1, rung: 'claude-code', characters: stdout.length });
});

test('says which jobs there are when there is none of that name', async () => {
  await expect(prompt('nope')).rejects.toMatchObject({
    code: 'job_unknown',
    message: 'There is no job "nope" in this database.',
    remedy: expect.stringContaining('job-1 (shop, queued)') as string,
  });
  await expect(prompt('job-1', '--attempt', '2')).rejects.toMatchObject({ code: 'attempt_unknown' });
});
