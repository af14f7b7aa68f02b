// The command `prompt`: shows what an agent is told for a job, and how much that is. Beside a running fixer or without one.
import { randomBytes } from 'node:crypto';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';
import { composeRepository, openSharedStore } from '../compose/stores.js';
import { loadFixerConfig, secretValues, type FixerConfig } from '../config/config.js';
import type { Job } from '../domain/job.js';
import { nextAttempt, type NextAttempt } from '../job/attempt-policy.js';
import type { Store } from '../ports/store.js';
import { promptOf } from '../repair/run-attempt.js';
import { createCommand, hostProcess, readEnv, type Flag } from './read-config.js';

const flags: readonly Flag[] = [
  ['--repo <path>', 'REPO_PATH', 'git repository of the service'],
  ['--data-dir <folder>', 'DATA_DIR', 'folder of the database'],
  ['--config <file>', 'FIXER_CONFIG', 'file that lists several services'],
];
/** Of English and code together, roughly. */
const charactersPerToken = 4;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description =
    'Prints the prompt of a job: that of the next attempt, or of the last one when no attempt is left. Its size goes to standard error.';
  const command = createCommand('levautofix prompt', description, flags, io)
    .argument('<job>', 'id of the job, as in /api/jobs')
    .option('--attempt <number>', 'prompt of this attempt instead')
    .option('--json', 'print one line of JSON: the prompt with its size');
  const env = await readEnv(command, flags, args, io);
  const { attempt: wanted, json: isJson = false } = command.opts<{ attempt?: string; json?: boolean }>();
  // All of the configuration, because a prompt is shown without any of its secrets.
  const { config, secrets } = await loadFixerConfig(env, { cwd: io.cwd });
  const store = await openSharedStore(config, secrets);
  try {
    const job = await findJob(command.args[0] ?? '', store);
    const { before, next } = chooseAttempt(job, config, wanted);
    const incident = await store.incidents.get(job.incidentId);
    const service = config.services.find(({ name }) => name === job.service);
    if (!incident || !service) throw serviceUnknown(job);
    const repository = composeRepository({ ...hostProcess(io), env });
    const { repoPath, baseBranch } = service;
    const baseCommit = job.baseCommit ?? (await repository.resolveBase(repoPath, baseBranch)).commit;
    const prompt = await promptOf(
      {
        job: { ...job, attempts: before },
        incident,
        service,
        worktree: { path: repoPath, branch: job.branch, baseCommit },
        next,
        // Another one than an agent gets: whoever knows that of a running attempt could forge the end of its data.
        nonce: randomBytes(16).toString('hex'),
        secrets: secretValues(secrets),
      },
      { repository, memory: store },
    );
    const { number, rung } = next;
    const size = { characters: prompt.length, tokens: Math.ceil(prompt.length / charactersPerToken) };
    if (isJson) {
      io.stdout.write(`${JSON.stringify({ job: job.id, attempt: number, rung, ...size, prompt })}\n`);
      return 0;
    }
    io.stdout.write(prompt);
    const count = (value: number) => value.toLocaleString('en-US');
    io.stderr.write(
      `Attempt ${number} by ${rung}: ${count(size.characters)} characters, about ${count(size.tokens)} tokens.\n`,
    );
    return 0;
  } finally {
    await store.close();
  }
}

async function findJob(id: string, { jobs }: Store): Promise<Job> {
  const job = await jobs.get(id);
  if (job) return job;
  const { items } = await jobs.list({ limit: 3 });
  const newest = items.map((one) => `${one.id} (${one.service}, ${one.state})`).join(', ');
  throw new Fault({
    code: 'job_unknown',
    message: `There is no job "${id}" in this database.`,
    remedy: newest
      ? `The newest are ${newest}; GET /api/jobs lists them all.`
      : 'It holds no jobs at all: check DATA_DIR or MONGODB_URI.',
  });
}

function chooseAttempt(
  job: Job,
  { ladder }: Pick<FixerConfig, 'ladder'>,
  wanted: string | undefined,
): { before: Job['attempts']; next: NextAttempt } {
  const last = Math.max(1, nextAttempt(job, ladder)?.number ?? job.attempts.length);
  const number = wanted === undefined ? last : Number(wanted);
  if (!Number.isInteger(number) || number < 1 || number > last) {
    throw new Fault({
      code: 'attempt_unknown',
      message: `There is no prompt for attempt ${wanted}.`,
      remedy: `Ask for one from 1 to ${last}.`,
    });
  }
  const before = job.attempts.slice(0, number - 1);
  const made = job.attempts[number - 1];
  const rung = made?.rung ?? nextAttempt({ ...job, attempts: before }, ladder)?.rung ?? ladder[0] ?? 'command';
  const previous = before.at(-1);
  return { before, next: { number, rung, sessionId: previous?.rung === rung ? previous.sessionId : null } };
}

function serviceUnknown({ id, service }: Job): Fault {
  return new Fault({
    code: 'service_unknown',
    message: `The job ${id} is about "${service}", which is not configured here.`,
    remedy: 'Set SERVICE_NAME and REPO_PATH, or name the configuration file that lists it.',
  });
}
