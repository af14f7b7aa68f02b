// Looks at everything a start needs, for `doctor`.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@levautofix/service-kit/checklist';
import { systemClock } from '@levautofix/service-kit/clock';
import { describeError } from '@levautofix/service-kit/fault';
import { silentLogger } from '@levautofix/service-kit/logger';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import { findGit } from '../adapters/git/find-git.js';
import { createGitRepository } from '../adapters/git/git-repository.js';
import { NoSandbox } from '../adapters/no-sandbox/no-sandbox.js';
import { ExecaProcessRunner } from '../adapters/process/execa-process-runner.js';
import { TelegramChannel } from '../adapters/telegram/approval-channel.js';
import { isTerminal } from '../adapters/terminal/approval-channel.js';
import { createWatcherSource } from '../adapters/watcher-pull/watcher-source.js';
import type { FixerConfig, FixerSecrets } from '../config/config.js';
import { countOutcomes } from '../follow/count-outcomes.js';
import { refusedMerges } from '../follow/merge-record.js';
import { tryAddress } from '../http/try-address.js';
import type { Sandbox } from '../ports/sandbox.js';
import { createAgents } from './agents.js';
import { createCodeHosts } from './code-hosts.js';
import type { HostProcess } from './host-process.js';
import { chooseSandbox } from './sandbox.js';
import { openSharedStore } from './stores.js';

/** Looks at everything a start needs without taking anything in or asking anybody. */
export async function examineFixer(config: FixerConfig, secrets: FixerSecrets, host: HostProcess): Promise<Finding[]> {
  const runner = new ExecaProcessRunner();
  const scratch = await mkdtemp(join(tmpdir(), 'levautofix-doctor-'));
  const examine = async (
    name: string,
    look: () => Promise<{ found: string; problem: string | null }>,
  ): Promise<Finding> =>
    look().then(
      ({ found, problem }) => ({ name, state: problem === null ? 'ok' : 'fault', found, remedy: problem ?? '' }),
      (error: unknown) => ({ name, state: 'fault', found: 'does not work', remedy: describeError(error) }),
    );
  try {
    const codeHosts = createCodeHosts(config, secrets, () => repository, undefined);
    const { fetchCredentials } = codeHosts;
    const repository = createGitRepository({ gitPath: findGit(host.env.PATH), env: host.env, fetchCredentials });
    let sandbox: Sandbox = new NoSandbox();
    const results = [
      await examine('sandbox', async () => {
        sandbox = await chooseSandbox(config.sandbox, runner, host.execPath, scratch);
        const isOff = sandbox.kind === 'none';
        return { found: isOff ? 'OFF: agents and tests run uncontained' : sandbox.kind, problem: null };
      }),
      await examine('store', async () => {
        const store = await openSharedStore(config, secrets);
        await store.check().finally(() => store.close());
        return { found: config.hasMongodb ? 'MongoDB' : `SQLite in ${config.dataDir}`, problem: null };
      }),
    ];
    results.push(await examine('address', () => examineAddress(config, secrets)));
    if (config.autoMerge.length > 0) {
      results.push(await examine('automatic merges', () => examineMerging(config, secrets)));
    }
    for (const service of config.services) {
      results.push(
        await examine(`repository of ${service.name}`, async () => {
          await repository.check(service.repoPath, service.baseBranch);
          const { commit, warning } = await repository.resolveBase(service.repoPath, service.baseBranch);
          return { found: `${service.repoPath}, ${service.baseBranch} at ${commit.slice(0, 10)}`, problem: warning };
        }),
        await examine(`code host of ${service.name}`, async () => {
          const codeHost = await codeHosts.of(service);
          return { found: codeHost.name, problem: await codeHost.check() };
        }),
      );
    }
    const folders = { ...config, dataDir: scratch };
    const rungs: Finding[] = [];
    for (const [rung, agent] of createAgents(folders, secrets, host, { runner, sandbox })) {
      if (!config.ladder.includes(rung)) continue;
      rungs.push(
        await examine(`rung ${rung}`, async () => {
          const problem = await agent.checkAvailable();
          return { found: problem === null ? 'ready' : 'will be skipped', problem };
        }),
      );
    }
    // One rung is enough to work; the others are worth a word.
    const isAnyReady = rungs.some(({ state }) => state === 'ok');
    results.push(
      ...rungs.map((rung) => (isAnyReady && rung.state === 'fault' ? { ...rung, state: 'warning' as const } : rung)),
    );
    for (const url of config.watcherUrls) {
      const watcher = createWatcherSource({ url, secret: secrets.relaySecret, now: () => systemClock.now() });
      results.push(
        await examine(`watcher at ${watcher.name}`, async () => {
          // Without a cursor nothing is taken over: the watcher keeps what it shows.
          await watcher.read(null, AbortSignal.timeout(5_000));
          return { found: 'answers', problem: null };
        }),
      );
    }
    return [...results, await examine('questions', () => examineChannels(config, secrets, host))];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Listens as a start would, for a moment. */
async function examineAddress({ host, port }: FixerConfig, { relaySecret }: FixerSecrets) {
  try {
    await tryAddress({ host, port });
    return { found: `${host}:${port} is free`, problem: null };
  } catch (error) {
    if (!(await isFixer({ host, port }, relaySecret))) throw error;
    return { found: `${host}:${port}, held by a running fixer with this RELAY_SECRET`, problem: null };
  }
}

/** A signed batch of no reports changes nothing: a fixer that knows the secret calls it empty, anybody else says something else. */
async function isFixer({ host, port }: { host: string; port: number }, secret: string): Promise<boolean> {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const body = '{"reports":[]}';
  try {
    const answer = await fetch(`http://${name.includes(':') ? `[${name}]` : name}:${port}/v1/reports`, {
      ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(5_000) },
      headers: { ...signRelay(`doctor_${randomUUID()}`, body, secret, systemClock.now()) },
    });
    const { error } = (await answer.json()) as { error?: { code?: unknown } };
    return error?.code === 'body_invalid';
  } catch {
    return false;
  }
}

async function examineMerging({ autoMerge, dataDir }: FixerConfig, secrets: FixerSecrets) {
  const store = await openSharedStore({ dataDir }, secrets);
  try {
    const refused = refusedMerges(autoMerge, await countOutcomes(store));
    const problem = refused.map(
      ({ errorType, why }) => `${errorType} is merged by people until it has a record: ${why}.`,
    );
    return { found: autoMerge.join(', '), problem: problem.length > 0 ? problem.join(' ') : null };
  } finally {
    await store.close();
  }
}

async function examineChannels(config: FixerConfig, secrets: FixerSecrets, host: HostProcess) {
  const { telegram } = config;
  if (telegram && secrets.telegramBotToken !== undefined) {
    const channel = new TelegramChannel({
      ...telegram,
      token: secrets.telegramBotToken,
      clock: systemClock,
      log: silentLogger,
      random: Math.random,
      findNonce: () => Promise.resolve(null),
    });
    return { found: `Telegram chat ${telegram.chatId}`, problem: await channel.check() };
  }
  const isHere = isTerminal({ input: host.stdin, output: host.stdout });
  return { found: isHere ? 'this terminal' : 'the API alone: no Telegram, no terminal', problem: null };
}
