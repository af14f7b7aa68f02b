// The command `start`: takes reports and works on jobs until it is stopped.
import type { CommandIo } from '@levautofix/service-kit/command';
import { composeFixer, type Fixer } from '../compose.js';
import { loadFixerConfig, type FixerConfig } from '../config/config.js';
import { countOutcomes } from '../follow/count-outcomes.js';
import { refusedMerges } from '../follow/merge-record.js';
import { createCommand, hostProcess, readEnv, serviceFlags } from './read-config.js';

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description = 'Takes reports of watchers, repairs what they tell of, and asks before it publishes anything.';
  // Asked for before anything is begun: from here on a signal stops it in order.
  const { signal } = io;
  const command = createCommand('levautofix start', description, serviceFlags, io);
  const env = await readEnv(command, serviceFlags, args, io);
  const { config, secrets } = await loadFixerConfig(env, { cwd: io.cwd });
  const fixer = await composeFixer(config, secrets, { ...hostProcess(io), env });
  await fixer.start();
  io.stderr.write(describeStart(config, fixer));
  io.stderr.write(await describeMerging(config, fixer));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await fixer.stop();
  return 0;
}

function describeStart(config: FixerConfig, fixer: Fixer): string {
  const lines = [
    ...config.services.map(({ name, repoPath, baseBranch }) => `Repairs ${name} in ${repoPath}, from ${baseBranch}.`),
    `Takes reports at ${fixer.url}/v1/reports.`,
    `API: ${fixer.url}/api/jobs, with the token ${describeToken(fixer, config)}.`,
    describeAsking(fixer),
    fixer.sandbox.kind === 'none'
      ? 'SANDBOX=off: agents, builds and tests run UNCONTAINED, with all the rights of this user.'
      : 'Agents, builds and tests run in a bubblewrap box.',
  ];
  return `${lines.join('\n')}\n`;
}

export function describeAsking({ channelNames }: Pick<Fixer, 'channelNames'>): string {
  return channelNames.length > 0
    ? `Asks on ${channelNames.join(', ')}.`
    : 'Asks nobody by itself: set TELEGRAM_BOT_TOKEN, start it in a terminal, or decide over the API.';
}

async function describeMerging({ autoMerge }: FixerConfig, { store }: Fixer): Promise<string> {
  if (autoMerge.length === 0) return '';
  const refused = refusedMerges(autoMerge, await countOutcomes(store));
  const merged = autoMerge.filter((name) => !refused.some(({ errorType }) => errorType === name));
  return [
    ...(merged.length > 0 ? [`Merges small, proven fixes of ${merged.join(', ')} without a look.`] : []),
    ...refused.map(({ errorType, why }) => `AUTO_MERGE is refused for ${errorType}: ${why}.`),
    '',
  ].join('\n');
}

/** A new token is shown this once; later it is only said where it is kept. */
function describeToken({ dashboard }: Fixer, { dataDir }: FixerConfig): string {
  return dashboard.isNew ? dashboard.token : `of DASHBOARD_TOKEN or ${dataDir}/dashboard-token`;
}
