// Reads the configuration of a command: flags over environment over `.env`.
import type { CommandIo } from '@levautofix/service-kit/command';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import type { EnvValues } from '@levautofix/service-kit/env';
import { Command, type Option } from 'commander';
import type { HostProcess } from '../compose/host-process.js';

/** Flag, the variable it stands for, and its help. */
export type Flag = readonly [flag: string, env: string, help: string];

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
