// The command `start`: watches logs until it is stopped, or until standard input ends.
import { setFlagsFromString } from 'node:v8';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Command } from 'commander';
import { composeWatcher } from '../compose.js';
import type { WatcherConfig } from '../config/config.js';
import { withoutCredentials } from '../domain/without-credentials.js';
import { readConfig } from './read-config.js';

export async function run(args: string[], io: CommandIo): Promise<number> {
  const command = new Command('levautofix-watcher start')
    .description('Watches logs read-only, groups the errors in them and relays each group to a fixer.')
    .argument('[source]', '- reads standard input, as in `my-app 2>&1 | levautofix-watcher start -`');
  // Asked for before anything runs: a stop during the start is no crash.
  const { signal } = io;
  const config = await readConfig(command, args, io);
  // Reading makes much garbage and keeps little: a small nursery costs nothing that was measured and saves 20 MB.
  setFlagsFromString('--semi-space-growth-factor=1');
  const watcher = await composeWatcher(config, { stdin: io.stdin });
  await watcher.start();
  io.stderr.write(describeStart(config, watcher.httpUrl));
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
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
    config.relay.fixerUrl !== null
      ? `Reports go to ${withoutCredentials(config.relay.fixerUrl)}.`
      : `Reports wait to be asked for at ${httpUrl}/v1/reports.`,
    `State is kept in ${config.stateDir}. Health, metrics and status: ${httpUrl}/healthz /metrics /v1/status`,
  ];
  return `${lines.join('\n')}\n`;
}
