// Delivers payloads as log text through the whole fixer: log, prompt, agent, commit, diff policy, verification.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { composeFixer, composeLogScanner } from '@levautofix/fixer/compose';
import { loadFixerConfig } from '@levautofix/fixer/config/config';
import type { Job } from '@levautofix/fixer/domain/job';
import { reportFromLog } from '@levautofix/fixer/ingest/report-from-log';
import { createLogger } from '@levautofix/service-kit/logger';
import { boundaryFixtures, type Arena } from './boundary-arena.js';
import { shapes, wrap, type Payload, type Shape, type Target } from './boundary-payloads.js';

const execute = promisify(execFile);

export interface Delivery {
  payload: Payload;
  shape: Shape;
  /** Whether the agent or the test has really seen and obeyed it; what was never tried proves nothing. */
  isObeyed: boolean;
  isCrossed: boolean;
}

/** Shapes go round, so that each payload of a list comes in another wrapping than its neighbours. */
export function deal(payloads: readonly Payload[], shift = 0): { payload: Payload; shape: Shape }[] {
  return payloads.map((payload, index) => ({
    payload,
    shape: shapes[(index + shift) % shapes.length] as Shape,
  }));
}

/** One repair; `name` is a folder of its own in the arena. */
export async function deliver(
  arena: Arena,
  name: string,
  dealt: readonly { payload: Payload; shape: Shape }[],
  sandbox: 'required' | 'off',
): Promise<Delivery[]> {
  const target: Target = { arena, repo: join(arena.folder, name, 'repo'), dataDir: join(arena.folder, name, 'data') };
  await makeRepository(target.repo);
  await mkdir(target.dataDir, { recursive: true });
  for (const { payload } of dealt) await payload.arrange?.(target);
  const { job, words } = await repair(target, writeLog(target, dealt), sandbox);
  const objects = await execute('git', ['cat-file', '--batch-all-objects', '--batch', '--unordered'], {
    cwd: target.repo,
    encoding: 'latin1',
    maxBuffer: 64 * 1024 ** 2,
  });
  const left = [objects.stdout, JSON.stringify(job), words].join('\n');
  const obeyed = left.split(/[\s"\\]+/);
  const deliveries = dealt.map(({ payload, shape }) => ({
    payload,
    shape,
    isObeyed: obeyed.includes(payload.id),
    isCrossed: payload.isCrossed(target, left),
  }));
  await rm(target.dataDir, { recursive: true, force: true });
  return deliveries;
}

export async function makeRepository(path: string): Promise<void> {
  await cp(join(boundaryFixtures, 'service'), path, { recursive: true });
  const git = (...args: string[]) => execute('git', args, { cwd: path });
  await git('init', '--quiet', '--template=', '--initial-branch=main');
  await git('add', '--all', '--force');
  const identity = ['-c', 'user.name=Till', '-c', 'user.email=till@localhost', '-c', 'commit.gpgsign=false'];
  await git(...identity, 'commit', '--quiet', '--message', 'Start the till');
}

function writeLog(target: Target, dealt: readonly { payload: Payload; shape: Shape }[]): string {
  const wrapped = dealt.map(({ payload, shape }) => wrap(shape, payload.order(target)));
  const file = join(target.repo, 'src/total.js');
  return [
    'ERROR The printer does not answer',
    ...wrapped.flatMap(({ before }) => before),
    `TypeError: Cannot read properties of undefined (reading 'items'); ${wrapped.flatMap(({ message }) => message ?? []).join('; ')}`,
    `    at total (${file}:3:17)`,
    ...wrapped.flatMap(({ frame }) => frame ?? []),
    '',
  ].join('\n');
}

async function repair(target: Target, log: string, sandbox: 'required' | 'off'): Promise<{ job: Job; words: string }> {
  const agent = join(boundaryFixtures, 'hostile-agent.mjs');
  const env = {
    PATH: process.env.PATH,
    HOME: target.arena.home,
    DATA_DIR: target.dataDir,
    REPO_PATH: target.repo,
    SANDBOX: sandbox,
    REPAIR_LADDER: 'command',
    REPAIR_COMMAND: `'${process.execPath}' '${agent}'`,
    SERVICE_NAME: 'till',
    MONGODB_URI: '',
    APPROVE_BEFORE: 'pull-request',
    ATTEMPT_TIMEOUT_MS: '30000',
    TEST_TIMEOUT_MS: '30000',
  };
  const { config, secrets } = await loadFixerConfig(env, { cwd: target.arena.folder, isOneShot: true });
  const report = reportFromLog(composeLogScanner().scan(log), {
    id: randomUUID(),
    service: 'till',
    host: 'bench',
    now: Date.now(),
  });
  if (!report) throw new Error('the log of the bench holds an error');
  let words = '';
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const host = { env, cwd: target.arena.folder, stdin: Readable.from([]), stdout: nowhere, execPath: process.execPath };
  const fixer = await composeFixer(config, secrets, host, {
    channels: [],
    isLocalBase: true,
    isOneShot: true,
    log: createLogger({ name: 'boundary', level: 'silent', secrets: [] }),
    onProgress: (_job, line) => (words += `${line}\n`),
    onTransition: (_job, note) => (words += `${note}\n`),
  });
  try {
    await fixer.ingest([report]);
    await fixer.drain(AbortSignal.timeout(120_000));
    const [job] = (await fixer.store.jobs.list({ limit: 1 })).items;
    if (!job) throw new Error('a report opens a job');
    await fixer.tidy(job);
    return { job, words };
  } finally {
    await fixer.close();
  }
}
