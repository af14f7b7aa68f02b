// Reads the configuration of a command: flags over environment over `.env`.
import type { CommandIo } from '@levautofix/service-kit/command';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import type { EnvValues } from '@levautofix/service-kit/env';
import { Command, type Option } from 'commander';
import type { HostProcess } from '../compose/host-process.js';

/** Flag, the variable it stands for, and its help. */
export type Flag = readonly [flag: string, env: string, help: string];

/** What decides how the service runs: of `start`, and of `doctor`, which looks at what a start would need. */
export const serviceFlags: readonly Flag[] = [
  ['--repo <path>', 'REPO_PATH', 'git repository of the service'],
  ['--service <name>', 'SERVICE_NAME', 'name of the service, as the watcher says it'],
  ['--base <branch>', 'BASE_BRANCH', 'branch that fixes start from and go to'],
  ['--data-dir <folder>', 'DATA_DIR', 'folder of the database and of work in progress'],
  ['--config <file>', 'FIXER_CONFIG', 'file that lists several services'],
  ['--ladder <rungs>', 'REPAIR_LADDER', 'coding agents in order, comma-separated'],
  ['--sandbox <mode>', 'SANDBOX', 'auto, required or off'],
  ['--approve-before <step>', 'APPROVE_BEFORE', 'pull-request, repair or both'],
  ['--host <address>', 'HOST', 'address to listen on'],
  ['--port <port>', 'PORT', 'port to listen on, 0 for any'],
  ['--log-level <level>', 'LOG_LEVEL', 'trace to fatal, or silent'],
];

export function createCommand(name: string, description: string, flags: readonly Flag[], io: CommandIo): Command {
  const command = new Command(name)
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  for (const [flag, env, help] of flags) command.option(flag, `${help} (${env})`);
  return command;
}

/** Parses the arguments and answers the environment with the given flags laid over it. */
export async function readEnv(
  command: Command,
  flags: readonly Flag[],
  args: readonly string[],
  io: CommandIo,
): Promise<EnvValues> {
  command.parse(args, { from: 'user' });
  const given = command.opts<Record<string, unknown>>();
  const nameOf = (option: Option) => flags.find(([flag]) => flag === option.flags)?.[1];
  const fromFlags = command.options.flatMap((option) => {
    const [env, value] = [nameOf(option), given[option.attributeName()]];
    return env !== undefined && typeof value === 'string' ? [[env, value] as const] : [];
  });
  return { ...(await withDotenv(io.env, io.cwd)), ...Object.fromEntries(fromFlags) };
}

export function hostProcess(io: CommandIo): HostProcess {
  return { env: io.env, cwd: io.cwd, stdin: io.stdin, stdout: io.stdout, execPath: io.execPath };
}
