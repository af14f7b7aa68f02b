// The command `reopen`: takes back that an error is ignored, beside a running fixer or without one.
import { userInfo } from 'node:os';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';
import { openSharedStore } from '../compose/stores.js';
import { loadFixerConfig } from '../config/config.js';
import { presentIncident } from '../domain/job-presenter.js';
import { reopenIncident } from '../follow/reopen-incident.js';
import { createCommand, readEnv, type Flag } from './read-config.js';

const flags: readonly Flag[] = [
  ['--repo <path>', 'REPO_PATH', 'git repository of the service'],
  ['--data-dir <folder>', 'DATA_DIR', 'folder of the database'],
  ['--config <file>', 'FIXER_CONFIG', 'file that lists several services'],
];

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description =
    'Works again on an error that was ignored (Skip, or a pull request closed without a merge) or left to a person.';
  const command = createCommand('levautofix reopen', description, flags, io)
    .argument('<error>', 'its fingerprint, as in hotfix/auto-<fingerprint>, or the id of the incident')
    .option('--json', 'print the incident as one line of JSON');
  const env = await readEnv(command, flags, args, io);
  const { config, secrets } = await loadFixerConfig(env, { cwd: io.cwd, isOneShot: true });
  const store = await openSharedStore(config, secrets);
  try {
    const result = await reopenIncident(command.args[0] ?? '', `cli:${userInfo().username}`, store.incidents);
    if (!result.isReopened) {
      throw new Fault({
        code: `incident_${result.code}`,
        message: result.message,
        remedy: 'GET /api/incidents?state=skipped (or needs_person) lists what can be reopened.',
      });
    }
    const isJson = command.opts<{ json?: boolean }>().json === true;
    io.stdout.write(isJson ? `${JSON.stringify(presentIncident(result.incident))}\n` : `${result.message}\n`);
    return 0;
  } finally {
    await store.close();
  }
}
