// Configuration of a command: flags over environment over `.env`.
import type { CommandIo } from '@levautofix/service-kit/command';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import type { EnvValues } from '@levautofix/service-kit/env';
import type { Command } from 'commander';
import { loadWatcherConfig, type WatcherConfig } from '../config/config.js';

/** Each flag stands for one variable of the environment and overrides it. */
const flags: [flag: string, env: string, help: string][] = [
  ['--logs <globs>', 'LOG_FILES', 'log files, comma-separated globs'],
  ['--journal <matches>', 'JOURNAL_MATCHES', 'journal entries, as FIELD=value, * for all'],
  ['--service <name>', 'SERVICE_NAME', 'name of the watched service'],
  ['--environment <name>', 'ENVIRONMENT', 'such as production'],
  ['--release <version>', 'RELEASE', 'deployed version or commit'],
  ['--fixer-url <url>', 'FIXER_URL', 'address of the fixer'],
  ['--relay-mode <mode>', 'RELAY_MODE', 'push or pull'],
  ['--state-dir <folder>', 'STATE_DIR', 'the only folder the watcher writes to'],
  ['--settle-ms <ms>', 'SETTLE_MS', 'quiet time that ends a settle window'],
  ['--settle-max-ms <ms>', 'SETTLE_MAX_MS', 'longest settle window'],
  ['--min-severity <severity>', 'MIN_SEVERITY', 'low, medium, high or critical'],
  ['--read-from <place>', 'READ_FROM', 'end or beginning, for files seen for the first time'],
  ['--config <file>', 'WATCHER_CONFIG', 'rules file'],
  ['--host <address>', 'HOST', 'address to listen on'],
  ['--port <port>', 'PORT', 'port to listen on, 0 for any'],
  ['--log-level <level>', 'LOG_LEVEL', 'trace to fatal, or silent'],
];

/** Adds the flags to `command` and parses. @throws ConfigFault that lists everything that is wrong. */
export async function readConfig(command: Command, args: string[], io: CommandIo): Promise<WatcherConfig> {
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  for (const [flag, env, help] of flags) command.option(flag, `${help} (${env})`);
  command.parse(args, { from: 'user' });
  const [source] = command.args;
  if (source !== undefined && source !== '-') command.error(`error: unknown source '${source}', use - or --logs`);
  const given = command.opts<Record<string, string>>();
  const fromFlags: Record<string, string> = {};
  for (const option of command.options) {
    const env = flags.find(([flag]) => flag === option.flags)?.[1];
    const value = given[option.attributeName()];
    if (env !== undefined && value !== undefined) fromFlags[env] = value;
  }
  const env: EnvValues = { ...(await withDotenv(io.env, io.cwd)), ...fromFlags };
  return loadWatcherConfig(env, { cwd: io.cwd, readsStdin: source === '-' });
}
