// The command `start`: watches logs until it is stopped, or until standard input ends.
import type { CommandIo } from '@levautofix/service-kit/command';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import type { EnvValues } from '@levautofix/service-kit/env';
import { Command } from 'commander';
import { composeWatcher } from '../compose.js';
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

export async function readConfig(command: Command, args: string[], io: CommandIo): Promise<WatcherConfig> {
  command
    .argument('[source]', '- reads standard input, as in `my-app 2>&1 | levautofix-watcher start -`')
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

export async function run(args: string[], io: CommandIo): Promise<number> {
  const command = new Command('levautofix-watcher start').description(
    'Watches logs read-only, groups the errors in them and relays each group to a fixer.',
  );
  const config = await readConfig(command, args, io);
  const watcher = await composeWatcher(config, { stdin: io.stdin });
  await watcher.start();
  io.stderr.write(describeStart(config, watcher.httpUrl));
  const stopped = new Promise<'stopped'>((resolve) => {
    if (io.signal.aborted) resolve('stopped');
    io.signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  const reason = await Promise.race([stopped, watcher.ended.then(() => 'ended' as const)]);
  if (reason === 'ended') {
    await Promise.race([watcher.finish(), stopped]);
    // Whoever pulls still has to come for the reports.
    if (config.relay.mode === 'pull') await stopped;
  }
  await watcher.stop();
  return 0;
}

function describeStart(config: WatcherConfig, httpUrl: string): string {
  const from =
    config.readFrom === 'end'
      ? 'New lines only: files seen for the first time are read from their end (READ_FROM=beginning reads all).'
      : 'Files seen for the first time are read from their beginning.';
  const lines = [
    `Watching for ${config.service} (${config.environment}), read-only:`,
    ...config.logFiles.map((pattern) => `  ${pattern}`),
    ...(config.readsStdin ? ['  standard input'] : []),
    ...(config.journalMatches ? [`  the journal ${config.journalMatches.join(' ')}`.trimEnd()] : []),
    ...(config.logFiles.length > 0 ? [from] : []),
    config.relay.mode === 'push'
      ? `Reports go to ${config.relay.fixerUrl}.`
      : `Reports wait to be asked for at ${httpUrl}/v1/reports.`,
    `State is kept in ${config.stateDir}. Health, metrics and status: ${httpUrl}/healthz /metrics /v1/status`,
  ];
  return `${lines.join('\n')}\n`;
}
