// Runs watcher and fixer together in one process, joined by a real signed relay over loopback.
import { randomBytes } from 'node:crypto';
import { composeFixer, type Fixer, type FixerOverrides, type HostProcess } from '@levautofix/fixer/compose';
import { loadFixerConfig } from '@levautofix/fixer/config/config';
import { createLogger } from '@levautofix/service-kit/logger';
import { composeWatcher, type Watcher } from '@levautofix/watcher/compose';
import { loadWatcherConfig } from '@levautofix/watcher/config/config';

export interface BothOptions {
  /** Environment of both services; PORT is the fixer's, the watcher takes a free one. */
  env: Readonly<Record<string, string | undefined>>;
  host: HostProcess;
  fixer?: FixerOverrides;
  /** Also write the services' own logs to standard error. */
  isVerbose?: boolean;
}

export interface Both {
  fixer: Fixer;
  watcher: Watcher;
  stop(): Promise<void>;
}

/** Both are configured before either starts, so that all faults of one side are told at once. */
export async function startBoth({ env, host, fixer: overrides = {}, isVerbose = false }: BothOptions): Promise<Both> {
  const shared = { ...env, RELAY_SECRET: env.RELAY_SECRET ?? randomBytes(32).toString('hex') };
  const { config, secrets } = await loadFixerConfig(shared, { cwd: host.cwd });
  const [service] = config.services;
  const log = isVerbose ? {} : { log: createLogger({ name: 'levautofix', level: 'silent' }) };
  const fixer = await composeFixer(config, secrets, host, { ...log, ...overrides });
  await fixer.start();
  try {
    const watcherEnv = {
      ...shared,
      SERVICE_NAME: service?.name,
      FIXER_URL: fixer.url,
      RELAY_MODE: 'push',
      PORT: '0',
      HOST: '127.0.0.1',
    };
    const watcher = await composeWatcher(await loadWatcherConfig(watcherEnv, { cwd: host.cwd }), log);
    await watcher.start();
    return {
      fixer,
      watcher,
      async stop() {
        await watcher.stop();
        await fixer.stop();
      },
    };
  } catch (error) {
    await fixer.stop();
    throw error;
  }
}
