// Puts the fixer together from its configuration. This file and compose/ alone name adapters. A test swaps any part by an override.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '@levautofix/service-kit/clock';
import { Fault } from '@levautofix/service-kit/fault';
import { createLogger, type Logger } from '@levautofix/service-kit/logger';
import { findGit } from './adapters/git/find-git.js';
import { createGitRepository } from './adapters/git/git-repository.js';
import { openMongoStore } from './adapters/mongo/open-mongo-store.js';
import { ExecaProcessRunner } from './adapters/process/execa-process-runner.js';
import { SecretlintScanner } from './adapters/secretlint/secretlint-scanner.js';
import { openSqliteStore } from './adapters/sqlite/open-sqlite-store.js';
import { createWatcherSource } from './adapters/watcher-pull/watcher-source.js';
import { createLogScanner } from './adapters/watcher-scan/log-scanner.js';
import { DiskWorkspace } from './adapters/workspace/disk-workspace.js';
import { createAgents } from './compose/agents.js';
import { createChannels } from './compose/channels.js';
import { createCodeHosts } from './compose/code-hosts.js';
import type { HostProcess } from './compose/host-process.js';
import { chooseSandbox } from './compose/sandbox.js';
import { secretValues, type FixerConfig, type FixerSecrets } from './config/config.js';
import { ensureDashboardToken } from './config/dashboard-token.js';
import type { Rung } from './domain/attempt.js';
import type { Service } from './domain/service.js';
import { createFixer, type Fixer } from './fixer.js';
import type { FixerListeners } from './fixer-parts.js';
import type { LogScanner } from './ports/log-scanner.js';
import type { ApprovalChannel } from './ports/approval-channel.js';
import type { CodeHost } from './ports/code-host.js';
import type { CodingAgent } from './ports/coding-agent.js';
import type { Repository } from './ports/repository.js';
import type { Sandbox } from './ports/sandbox.js';
import type { Store } from './ports/store.js';

export type { HostProcess } from './compose/host-process.js';
export type { Fixer } from './fixer.js';

export function composeLogScanner(): LogScanner {
  return createLogScanner();
}

export interface FixerOverrides extends FixerListeners {
  clock?: Clock;
  log?: Logger;
  store?: Store;
  sandbox?: Sandbox;
  agents?: ReadonlyMap<Rung, CodingAgent>;
  channels?: readonly ApprovalChannel[];
  codeHost?: CodeHost;
  random?: () => number;
  /** Time after which a silent worker's job is taken over. */
  leaseMs?: number;
  /** The base is the branch that is checked out, as it stands here, whatever a remote has. */
  isLocalBase?: boolean;
  /** One job that somebody asked for: nothing holds it back. */
  isOneShot?: boolean;
}

export async function composeFixer(
  config: FixerConfig,
  secrets: FixerSecrets,
  host: HostProcess,
  overrides: FixerOverrides = {},
): Promise<Fixer> {
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? Math.random;
  const dashboard = await ensureDashboardToken(config.dataDir, secrets.dashboardToken);
  const values = [...secretValues(secrets), dashboard.token];
  const log = overrides.log ?? createLogger({ name: 'levautofix-fixer', level: config.logLevel, secrets: values });

  const runner = new ExecaProcessRunner();
  const workFolder = join(config.dataDir, 'work');
  await mkdir(workFolder, { recursive: true, mode: 0o700 });
  const sandbox = overrides.sandbox ?? (await chooseSandbox(config.sandbox, runner, host.execPath, workFolder));
  const codeHosts = createCodeHosts(config, secrets, () => repository, overrides.codeHost);
  const git = createGitRepository({
    gitPath: findGit(host.env.PATH),
    env: host.env,
    fetchCredentials: codeHosts.fetchCredentials,
  });
  const repository = overrides.isLocalBase ? withLocalBase(git) : git;
  const services = overrides.isLocalBase
    ? await Promise.all(config.services.map((service) => onCheckedOutBranch(service, git)))
    : config.services;
  const store =
    overrides.store ??
    (secrets.mongodbUri === undefined
      ? await openSqliteStore({ folder: config.dataDir, log })
      : await openMongoStore({ uri: secrets.mongodbUri, log }));
  return createFixer({
    config: {
      services,
      ladder: config.ladder,
      approveBefore: config.approveBefore,
      approvalTimeoutMs: config.approvalTimeoutMs,
      attemptTimeoutMs: config.attemptTimeoutMs,
      budget: {
        perAttemptUsd: config.maxUsdPerAttempt,
        perJobUsd: config.maxUsdPerJob,
        perDayUsd: config.maxUsdPerDay,
      },
      admission: overrides.isOneShot
        ? null
        : {
            jobsPerHour: config.jobsPerHour,
            openPullRequests: config.maxOpenPullRequests,
            cooldownMs: config.cooldownMs,
            stormErrors: config.stormErrors,
          },
      http: { host: config.host, port: config.port, allowedHosts: config.allowedHosts },
      relaySecret: secrets.relaySecret,
      dashboard,
      secrets: values,
      leaseMs: overrides.leaseMs ?? 60_000,
      followEveryMs: 60_000,
      autoMerge: config.autoMerge,
      workFolder,
      workerId: `${hostname()}:${config.dataDir}`,
    },
    store,
    repository,
    sandbox,
    processes: runner,
    secretScanner: new SecretlintScanner(),
    workspace: new DiskWorkspace(workFolder, runner),
    workspaceAt: (folder) => new DiskWorkspace(folder, runner),
    agents: overrides.agents ?? createAgents(config, secrets, host, { runner, sandbox }),
    channels: overrides.channels ?? createChannels(config, secrets, host, { clock, log, random, store }),
    reportSources: config.watcherUrls.map((url) =>
      createWatcherSource({ url, secret: secrets.relaySecret, now: () => clock.now() }),
    ),
    codeHostOf: (service) => codeHosts.of(service),
    env: { PATH: host.env.PATH ?? '/usr/bin:/bin', HOME: join(workFolder, 'home'), LANG: 'C.UTF-8', CI: '1' },
    clock,
    log,
    random,
    makeNonce: () => randomBytes(16).toString('hex'),
    listeners: overrides,
  });
}

function withLocalBase(git: Repository): Repository {
  return {
    ...git,
    async resolveBase(repoPath, branch) {
      const commit = await git.resolveCommit(repoPath, `refs/heads/${branch}`);
      return commit === null ? git.resolveBase(repoPath, branch) : { commit, isFetched: false, warning: null };
    },
  };
}

async function onCheckedOutBranch(service: Service, git: Repository): Promise<Service> {
  const baseBranch = await git.currentBranch(service.repoPath);
  if (baseBranch !== null) return { ...service, baseBranch };
  throw new Fault({
    code: 'checkout_detached',
    message: `The checkout at ${service.repoPath} is on no branch.`,
    remedy: 'Name the branch to start from with --base, or check one out.',
  });
}
