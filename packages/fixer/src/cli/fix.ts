// The command `fix`: one error of a log, one repair, without services, chat or remote. Leaves a branch and nothing else.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';
import { createLogger } from '@levautofix/service-kit/logger';
import { composeFixer, composeLogScanner, type Fixer } from '../compose.js';
import { loadFixerConfig, secretValues } from '../config/config.js';
import { describeCost } from '../domain/job-cost.js';
import { presentJob } from '../domain/job-presenter.js';
import type { Job } from '../domain/job.js';
import { reportFromLog } from '../ingest/report-from-log.js';
import { createCommand, hostProcess, readEnv, type Flag } from './read-config.js';

const flags: readonly Flag[] = [
  ['--repo <path>', 'REPO_PATH', 'git repository to repair'],
  ['--base <branch>', 'BASE_BRANCH', 'branch to start from; default: the one checked out'],
  ['--ladder <rungs>', 'REPAIR_LADDER', 'coding agents in order, comma-separated'],
  ['--sandbox <mode>', 'SANDBOX', 'auto, required or off'],
];

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description = 'Repairs the last error of a log in a repository and leaves a verified branch hotfix/auto-*.';
  const command = createCommand('levautofix fix', description, flags, io)
    .requiredOption('--log <file>', 'log that holds the error; - reads standard input')
    .option('--json', 'print the job view as one line of JSON and nothing else on standard output');
  const env = await readEnv(command, flags, args, io);
  const { log: logPath, json: isJson = false } = command.opts<{ log: string; json?: boolean }>();

  // A folder of its own: nothing of an installed fixer is touched, and nothing is left of this one.
  const dataDir = await mkdtemp(join(tmpdir(), 'levautofix-fix-'));
  try {
    const oneShot = { ...env, DATA_DIR: dataDir, MONGODB_URI: '', APPROVE_BEFORE: 'pull-request' };
    const { config, secrets } = await loadFixerConfig(oneShot, { cwd: io.cwd, isOneShot: true });
    const [service] = config.services;
    const report = reportFromLog(composeLogScanner().scan(await readLog(logPath, io)), {
      id: randomUUID(),
      service: service?.name ?? '',
      host: hostname(),
      now: Date.now(),
    });
    if (!report || !service) throw noError(logPath);
    const say = progressPrinter(io);
    say(`${report.error.type || 'Error'}: ${report.error.message.split('\n')[0]} (${report.count} in the log)`);
    // Asked for before anything is begun: from here on a signal stops it in order.
    const { signal } = io;
    const fixer = await composeFixer(
      config,
      secrets,
      { ...hostProcess(io), env },
      {
        channels: [],
        isOneShot: true,
        isLocalBase: env.BASE_BRANCH === undefined,
        log: createLogger({ name: 'levautofix-fix', level: 'silent', secrets: secretValues(secrets) }),
        onProgress: (_job, line) => say(line),
        onTransition: (job, note) => {
          // The answer is the branch itself: nobody is asked.
          if (!isVerified(job)) say([job.state.replaceAll('_', ' '), note].filter(Boolean).join(': '));
        },
      },
    );
    const job = await repairOnce(fixer, [report], signal);
    io.stdout.write(isJson ? `${JSON.stringify(presentJob(job))}\n` : describe(job, service.repoPath));
    return isVerified(job) ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function repairOnce(fixer: Fixer, reports: Parameters<Fixer['ingest']>[0], signal: AbortSignal): Promise<Job> {
  try {
    await fixer.ingest(reports);
    await fixer.drain(signal);
    const { items } = await fixer.store.jobs.list({ limit: 1 });
    const [job] = items;
    if (!job) throw new Error('ingesting a report opens a job');
    if (isVerified(job)) await fixer.leaveBranch(job);
    else await fixer.tidy(job);
    return job;
  } finally {
    await fixer.close();
  }
}

function isVerified(job: Job): boolean {
  return job.state === 'awaiting_approval' && job.commit !== null;
}

async function readLog(path: string, io: CommandIo): Promise<string> {
  if (path === '-') return text(io.stdin);
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new Fault({
      code: 'log_unreadable',
      message: `Cannot read the log ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
      remedy: 'Name a text file that this user may read, or - for standard input.',
      cause: error,
    });
  }
}

function noError(path: string): Fault {
  return new Fault({
    code: 'no_error_found',
    message: `There is no error event in ${path === '-' ? 'standard input' : path}.`,
    remedy: 'Name a log with a stack trace or an error line; `pnpm watcher scan FILE` shows what is recognised.',
  });
}

function progressPrinter(io: CommandIo): (line: string) => void {
  const startedAt = performance.now();
  return (line) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    io.stderr.write(`${seconds} s  ${line.split('\n')[0]}\n`);
  };
}

function describe(job: Job, repoPath: string): string {
  const cost = `Cost: ${describeCost(job.attempts)}.`;
  if (!isVerified(job)) return `No fix (${job.state.replaceAll('_', ' ')}). ${job.reason ?? ''}\n${cost}\n`;
  const files = (job.change?.files ?? []).map(
    ({ path, linesAdded, linesDeleted }) => `  ${path}  +${linesAdded} -${linesDeleted}`,
  );
  return [
    `Fixed and ${job.result}: ${job.proposal?.summary || 'see the diff'}`,
    ...files,
    ...(job.reason === null ? [] : [`  ${job.reason}`]),
    ...job.flags.map(({ file, line, note }) => `  look at ${file}${line === null ? '' : `:${line}`}: ${note}`),
    `Branch ${job.branch} at ${job.commit?.slice(0, 10)}. Look at it: git -C ${repoPath} show ${job.branch}`,
    cost,
    '',
  ].join('\n');
}
