// Runs one shell command line in the box on an exported commit, and makes a check of what came out.
import { redactSecrets } from '@levautofix/contract/redact';
import { Fault } from '@levautofix/service-kit/fault';
import type { Check, CheckName } from '../domain/verification.js';
import type { ProcessOutcome } from '../ports/process-runner.js';
import type { Enclosure } from '../ports/sandbox.js';
import { readTestNames, stripStyles } from './test-names.js';
import type { VerifyDeps } from './verify-deps.js';

/** Enough for the names of tens of thousands of tests. */
const maxOutputBytes = 16 * 1024 * 1024;
/** What a check keeps for a person and for the next attempt, in characters from the end. */
const maxKeptOutput = 20_000;

export interface CheckRequest {
  name: CheckName;
  command: string;
  /** Folder of the exported commit. */
  folder: string;
  /** Folder to run in, `folder` or one below. */
  cwd?: string;
  enclosure: Omit<Enclosure, 'workspace'>;
  timeoutMs: number;
}

export interface CheckRun {
  check: Check;
  outcome: ProcessOutcome;
}

/** Throws the signal's reason when cancelled, and a Fault when the box itself cannot be started. */
export async function runCheck(deps: VerifyDeps, request: CheckRequest, signal?: AbortSignal): Promise<CheckRun> {
  const { name, command, folder, cwd = folder, enclosure, timeoutMs } = request;
  // An empty home beside the checked files: settings of the fixer's own user must not decide.
  const home = `${folder}-home`;
  await deps.workspace.makeFolder(home);
  const spec = {
    command: '/bin/sh',
    args: ['-c', command],
    cwd,
    env: { ...checkEnvironment(deps.env, folder, cwd), HOME: home },
    timeoutMs,
    maxOutputBytes,
  };
  const outcome = await deps.processes.run(deps.sandbox.enclose(spec, { ...enclosure, workspace: folder }), signal);
  if (outcome.isCancelled) throw signal?.reason ?? new Error('cancelled');
  if (outcome.spawnError !== null) {
    throw new Fault({
      code: 'check_not_started',
      message: `The check "${name}" could not be started: ${outcome.spawnError}`,
      remedy: 'Run "levautofix doctor" to see what is missing on this machine.',
    });
  }
  if (outcome.isDiskFull) {
    throw new Fault({
      code: 'disk_full',
      message: `The check "${name}" was ended because the disk of ${folder} is nearly full.`,
      remedy:
        'Free some space there or set DATA_DIR to a larger disk. If the change itself writes without end, skip this job.',
    });
  }
  const isTestRun = name !== 'install' && name !== 'build';
  const names = isTestRun && outcome.droppedBytes === 0 ? readTestNames(outcome.stdout, outcome.stderr, folder) : null;
  const check: Check = {
    name,
    status: outcome.isTimeout ? 'timeout' : outcome.exitCode === 0 ? 'passed' : 'failed',
    durationMs: outcome.durationMs,
    command,
    exitCode: outcome.exitCode,
    output: redactSecrets(stripStyles(outcome.output), deps.secrets).slice(-maxKeptOutput),
    failedTests: names?.failed ?? null,
    passedTests: names?.passed ?? null,
  };
  return { check, outcome };
}

/** A check that was not run because an earlier one has already decided. */
export function skippedCheck(name: CheckName, command: string): Check {
  return {
    name,
    status: 'skipped',
    durationMs: 0,
    command,
    exitCode: null,
    output: '',
    failedTests: null,
    passedTests: null,
  };
}

function checkEnvironment(env: Record<string, string>, folder: string, cwd: string): Record<string, string> {
  const binaries = [...new Set([cwd, folder])].map((path) => `${path}/node_modules/.bin`);
  return {
    ...env,
    PATH: [...binaries, env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    CI: 'true',
    NO_COLOR: '1',
    LANG: env.LANG ?? 'C.UTF-8',
    npm_config_update_notifier: 'false',
  };
}
