// `fixer fix` on a real repository: a newcomer's first minute, and what it says when something is not as it should be.
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { JobView } from '@levautofix/contract/job-view';
import { run as fix } from '@levautofix/fixer/cli/fix';
import { describeError } from '@levautofix/service-kit/fault';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createShop, workspaceRoot } from '../../scripts/shop.js';

const crash = `TypeError: Cannot read properties of undefined (reading 'percentOff')
    at discount (file:///srv/shop/src/orders.js:17:43)
    at orderTotal (file:///srv/shop/src/orders.js:9:25)
    at file:///srv/shop/src/app.js:14:20
`;
const scriptedAgent = `'${process.execPath}' '${join(workspaceRoot, 'scripts/scripted-agent.mjs')}'`;

let folder: string;
let shop: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'levautofix-one-shot-'));
  await createShop(join(folder, 'original'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const place = await mkdtemp(join(folder, 'case-'));
  shop = join(place, 'shop');
  log = join(place, 'error.log');
  await cp(join(folder, 'original'), shop, { recursive: true, verbatimSymlinks: true });
  await writeFile(log, crash);
});

const git = (...args: string[]) => execFileSync('git', ['-C', shop, ...args], { encoding: 'utf8' }).trim();

async function repair(args: string[], env: Record<string, string> = {}) {
  const said = { stdout: '', stderr: '' };
  const into = (name: keyof typeof said) =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => ((said[name] += chunk.toString()), done()) });
  const exitCode = await fix(args, {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      REPAIR_LADDER: 'command',
      REPAIR_COMMAND: scriptedAgent,
      SERVICE_NAME: 'shop',
      ...env,
    },
    cwd: folder,
    execPath: process.execPath,
    stdin: Readable.from([]),
    stdout: into('stdout'),
    stderr: into('stderr'),
    peakRssBytes: () => 0,
    signal: new AbortController().signal,
  }).catch((error: unknown) => {
    said.stderr += describeError(error);
    return 1;
  });
  return { exitCode, ...said };
}

it('leaves a proven branch made from whatever branch is checked out, and the checkout as it was', async () => {
  git('branch', '--move', 'main', 'trunk');
  await writeFile(join(shop, 'notes.txt'), 'not committed\n');
  const { exitCode, stdout } = await repair(['--repo', shop, '--log', log, '--json']);
  expect(exitCode).toBe(0);
  const job = JSON.parse(stdout) as JobView;
  expect(job).toMatchObject({ state: 'awaiting_approval', result: 'proven', baseCommit: git('rev-parse', 'trunk') });
  expect(git('rev-parse', `${job.branch}^`)).toBe(git('rev-parse', 'trunk'));
  expect(git('show', '--format=', '--name-only', job.branch).split('\n')).toEqual([
    'src/orders.js',
    'test/unknown-coupon.test.js',
  ]);
  expect(git('branch', '--show-current')).toBe('trunk');
  expect(git('status', '--porcelain')).toBe('?? notes.txt');
  expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  git('checkout', '--quiet', job.branch);
  execFileSync(process.execPath, ['--test'], { cwd: shop, env: { PATH: process.env.PATH } });
});

it('calls an error of the infrastructure critical, as the watcher does', async () => {
  await writeFile(log, 'Error: connect ECONNREFUSED 127.0.0.1:27017\n    at connect (/srv/shop/src/db.js:1:2)\n');
  const { stdout } = await repair(['--repo', shop, '--log', log, '--json'], { REPAIR_COMMAND: 'false' });
  expect(JSON.parse(stdout)).toMatchObject({ severity: 'critical' });
});

it.each([
  ['a log without an error', 'no error event', async () => writeFile(log, 'listening on 3000\nGET / 200\n')],
  ['a log that is not there', 'Name a text file that this user may read', () => rm(log)],
  ['a repository that is not there', 'Set the repository path', () => rm(shop, { recursive: true })],
  ['a folder that is no repository', 'Set the repository path', () => rm(join(shop, '.git'), { recursive: true })],
  ['a detached checkout', 'Name the branch to start from with --base', () => git('checkout', '--quiet', '--detach')],
])('says what to do about %s', async (_what, words, spoil) => {
  await spoil();
  const { exitCode, stdout, stderr } = await repair(['--repo', shop, '--log', log]);
  expect(exitCode).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(words);
});

it.each([
  ['a base branch that is gone', 'Set BASE_BRANCH', { BASE_BRANCH: 'next' }],
  ['an agent that is not installed', 'no-such-agent', { REPAIR_COMMAND: 'no-such-agent' }],
  [
    'an agent that prints rubbish',
    'no_change (The agent ended without changing a file',
    { REPAIR_COMMAND: "printf '{{{ rubbish'" },
  ],
  ['an agent that ends with an error', 'code 3', { REPAIR_COMMAND: "sh -c 'exit 3'" }],
  ['a test command that is not there', 'Install what it needs', { TEST_COMMAND: 'no-such-runner' }],
])('ends without a branch and says why for %s', async (_what, words, env) => {
  const { exitCode, stdout, stderr } = await repair(['--repo', shop, '--log', log], env);
  expect(`${stdout}${stderr}`).toContain(words);
  expect(exitCode).toBe(1);
  expect(git('branch', '--list', 'hotfix/*')).toBe('');
  expect(git('status', '--porcelain')).toBe('');
});

it('says that the tests hang, which is no fault of the change', async () => {
  const env = { TEST_COMMAND: 'node -e "setInterval(() => {}, 1e3)"', TEST_TIMEOUT_MS: '1000' };
  const { exitCode, stdout } = await repair(['--repo', shop, '--log', log], env);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    'The test run did not end in time on the base commit, so it says nothing about this change.',
  );
});
