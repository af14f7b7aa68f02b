// `pnpm demo`: the whole road once, on real parts: a shop crashes into its log, is repaired, and a person is asked.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isTerminal } from '@levautofix/contract/job-state';
import type { FixerOverrides } from '@levautofix/fixer/compose';
import type { Job } from '@levautofix/fixer/domain/job';
import { processIo, type CommandIo } from '@levautofix/service-kit/command';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { startBoth, type Both } from './both.js';
import { createShop, workspaceRoot } from './shop.js';

const help = `Shows the whole road once: a small shop crashes into its log, the watcher sees it, the fixer repairs it, you are asked.

Usage: pnpm demo

With ANTHROPIC_API_KEY, or where Claude Code is logged in, the repair is made by Claude Code; otherwise a scripted agent stands in.
With TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID and TELEGRAM_ALLOWED_USERS you are asked on Telegram, else in the terminal.
Everything happens below .levautofix/demo.
`;

const deadlineMs = 10 * 60_000;

type Say = (line: string) => void;

export async function run(args: string[]): Promise<number> {
  const io = processIo();
  if (args.includes('--help')) {
    io.stdout.write(help);
    return 0;
  }
  try {
    return await demonstrate(io);
  } catch (error) {
    io.stderr.write(`demo: ${describeError(error)}\n`);
    return 1;
  }
}

async function demonstrate(io: CommandIo): Promise<number> {
  // Asked for before anything is begun: from here on a signal stops it in order.
  const { signal } = io;
  const say = progressPrinter(io);
  const folder = join(workspaceRoot, '.levautofix/demo');
  const shop = join(folder, 'shop');
  const log = join(folder, 'shop.log');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  say('laying out a small shop with a history, tests and one bug');
  await createShop(shop);
  await writeFile(log, '');

  const agent = await chooseAgent(io);
  say(agent.words);
  const ended = withResolvers<Job>();
  const isAlone = !io.env.TELEGRAM_BOT_TOKEN && !(io.stdin.isTTY && io.stdout.isTTY);
  const both = await startContained(
    io,
    say,
    {
      ...agent.env,
      REPO_PATH: shop,
      SERVICE_NAME: 'shop',
      LOG_FILES: log,
      DATA_DIR: join(folder, 'fixer'),
      STATE_DIR: join(folder, 'watcher'),
      SETTLE_MS: '2000',
    },
    (both) => ({
      onProgress: (_job, line) => say(line),
      onTransition: (job, note) => {
        say([job.state.replaceAll('_', ' '), note?.split('\n')[0]].filter(Boolean).join(': '));
        if (isTerminal(job.state)) ended.resolve(job);
        else if (isAlone && job.state === 'awaiting_approval') approve(both(), job, say).catch(ended.reject);
      },
    }),
  );
  const server = await startShop(shop, log);
  try {
    say('the shop is up; a customer types a coupon that does not exist, three times');
    await shopForTea(server.url);
    say('waiting until the log has been quiet for 2 s (30 s outside of this demo)');
    const job = await within(ended.promise, signal);
    io.stdout.write(await describeEnd(job, shop, folder));
    return job.state === 'published' ? 0 : 1;
  } finally {
    server.stop();
    await both.stop();
  }
}

/** The real agent where there is one; else a script, said plainly. */
async function chooseAgent({ env }: CommandIo): Promise<{ words: string; env: Record<string, string> }> {
  const claude = { REPAIR_LADDER: 'claude-code,claude-code' };
  if (env.ANTHROPIC_API_KEY)
    return { words: 'Claude Code will make the repair (ANTHROPIC_API_KEY is set)', env: claude };
  if (await hasClaudeLogin(env)) {
    const words =
      'Claude Code will make the repair with your login; that works without a sandbox only, so SANDBOX=off here';
    return { words, env: { ...claude, SANDBOX: 'off' } };
  }
  return {
    words: 'no ANTHROPIC_API_KEY and no login of Claude Code: a SCRIPTED AGENT stands in, which knows only this bug',
    env: {
      REPAIR_LADDER: 'command',
      REPAIR_COMMAND: `"${process.execPath}" "${join(workspaceRoot, 'scripts/scripted-agent.mjs')}"`,
    },
  };
}

async function hasClaudeLogin(env: CommandIo['env']): Promise<boolean> {
  const works = promisify(execFile)(env.CLAUDE_COMMAND ?? 'claude', ['--version'], { timeout: 10_000 });
  const isInstalled = await works.then(
    () => true,
    () => false,
  );
  if (!isInstalled) return false;
  if (env.CLAUDE_CODE_OAUTH_TOKEN) return true;
  return access(join(env.HOME ?? '', '.claude/.credentials.json')).then(
    () => true,
    () => false,
  );
}

/** Inside the sandbox where it works; else without, said aloud, because this shop and this agent are ours. */
async function startContained(
  io: CommandIo,
  say: Say,
  settings: Record<string, string>,
  listeners: (both: () => Both) => FixerOverrides,
): Promise<Both> {
  const names = [
    'PATH',
    'HOME',
    'SANDBOX',
    'CLAUDE_COMMAND',
    'CLAUDE_MODEL',
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_BASE_URL',
  ];
  const chat = ['TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID', 'TELEGRAM_ALLOWED_USERS', 'TELEGRAM_API_ROOT'];
  const given = Object.fromEntries([...names, ...chat].flatMap((name) => (io.env[name] ? [[name, io.env[name]]] : [])));
  const env: Record<string, string> = { ...given, ...settings, PORT: '0' };
  let both: Both | undefined;
  const start = async (more: Record<string, string> = {}) =>
    (both = await startBoth({
      env: { ...env, ...more },
      host: { ...io, cwd: workspaceRoot, env: { ...env, ...more } },
      fixer: listeners(() => {
        if (!both) throw new Error('not started yet');
        return both;
      }),
    }));
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'sandbox_unavailable') || env.SANDBOX) throw error;
    say(`${error.message} The demo goes on WITHOUT a sandbox, because this shop and its tests are ours`);
    return start({ SANDBOX: 'off' });
  }
}

async function startShop(folder: string, log: string): Promise<{ url: string; stop: () => void }> {
  const file = await open(log, 'a');
  const child = spawn(process.execPath, ['src/server.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0' },
    stdio: ['ignore', file.fd, file.fd],
  });
  await once(child, 'spawn');
  await file.close();
  const giveUpAt = Date.now() + 15_000;
  while (Date.now() < giveUpAt && child.exitCode === null) {
    const port = /listening on (\d+)/.exec(await readFile(log, 'utf8'))?.[1];
    if (port !== undefined) return { url: `http://127.0.0.1:${port}`, stop: () => void child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error(`The shop did not start; see ${log}.`);
}

async function shopForTea(url: string): Promise<void> {
  const order = (coupon: string) =>
    fetch(`${url}/orders/total`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ items: [{ id: 'tea', quantity: 2 }], coupon }),
    });
  await fetch(`${url}/products`);
  await order('spring');
  for (const coupon of ['WINTER', 'winter', 'SUMMER']) await order(coupon);
}

async function approve({ fixer }: Both, { id, commit, diffHash }: Job, say: Say): Promise<void> {
  say('nobody sits at a terminal and no chat is set: the demo approves by itself');
  const named = { jobId: id, answer: 'approve', commit: commit ?? '', diffHash: diffHash ?? '', by: 'demo' } as const;
  const answer = await fixer.decider.decide(named);
  if (!answer.isAccepted) throw new Error(answer.message);
}

function within(ended: Promise<Job>, signal: AbortSignal): Promise<Job> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The demo took longer than ten minutes.')), deadlineMs);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    ended.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function describeEnd(job: Job, shop: string, folder: string): Promise<string> {
  if (job.state !== 'published') return `\nThe job ended as ${job.state}. ${job.reason ?? ''}\n`;
  const show = await promisify(execFile)('git', ['-C', shop, 'show', '--format=%h %s', job.branch, '--', 'src']);
  return [
    '',
    `Pull request (local): ${job.pullRequest?.url ?? ''}`,
    '',
    show.stdout.trimEnd(),
    '',
    `Result: ${job.result}. Branch ${job.branch} in ${shop}`,
    `Look at it:       git -C ${shop} show ${job.branch}`,
    `Try it yourself:  pnpm fixer fix --repo ${shop} --log ${join(folder, 'shop.log')}`,
    '',
  ].join('\n');
}

function progressPrinter(io: CommandIo): Say {
  const startedAt = performance.now();
  return (line) =>
    void io.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}

/** As Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  if (!settle) throw new Error('a promise runs its executor at once');
  return { promise, ...settle };
}
