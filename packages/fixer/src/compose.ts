// Puts the fixer together from its configuration; the only file that names adapters. A test swaps any part by an override.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@levautofix/service-kit/checklist';
import { systemClock, type Clock } from '@levautofix/service-kit/clock';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { createLogger, silentLogger, type Logger } from '@levautofix/service-kit/logger';
import { detectBubblewrap } from './adapters/bubblewrap/bubblewrap-sandbox.js';
import { ClaudeCodeAgent } from './adapters/claude-code/claude-code-agent.js';
import { CodexAgent, openAi } from './adapters/codex/codex-agent.js';
import { CommandAgent } from './adapters/command/command-agent.js';
import { HttpModelGateway } from './adapters/gateway/http-model-gateway.js';
import { findGit } from './adapters/git/find-git.js';
import { createGitRepository } from './adapters/git/git-repository.js';
import { createGitHubHost } from './adapters/github/github-host.js';
import { gitHost, parseRepositoryName, repositoryNameOf } from './adapters/github/repository-name.js';
import { createLocalHost } from './adapters/local-host/local-host.js';
import { openMongoStore } from './adapters/mongo/open-mongo-store.js';
import { NoSandbox } from './adapters/no-sandbox/no-sandbox.js';
import { OllamaAgent } from './adapters/ollama/ollama-agent.js';
import { OllamaClient } from './adapters/ollama/ollama-client.js';
import { ExecaProcessRunner } from './adapters/process/execa-process-runner.js';
import { programFinder } from './adapters/program/find-program.js';
import { SecretlintScanner } from './adapters/secretlint/secretlint-scanner.js';
import { openSqliteStore } from './adapters/sqlite/open-sqlite-store.js';
import { TelegramChannel } from './adapters/telegram/approval-channel.js';
import { isTerminal, TerminalChannel } from './adapters/terminal/approval-channel.js';
import { createWatcherSource } from './adapters/watcher-pull/watcher-source.js';
import { createLogScanner } from './adapters/watcher-scan/log-scanner.js';
import { DiskWorkspace } from './adapters/workspace/disk-workspace.js';
import { findNonceShownAt } from './approve/record-decision.js';
import { secretValues, type FixerConfig, type FixerSecrets } from './config/config.js';
import { ensureDashboardToken } from './config/dashboard-token.js';
import type { Rung } from './domain/attempt.js';
import type { Service } from './domain/service.js';
import { countOutcomes } from './follow/count-outcomes.js';
import { refusedMerges } from './follow/merge-record.js';
import { reopenIncident } from './follow/reopen-incident.js';
import { createStatusPanels } from './follow/status-panels.js';
import { createFixer, type Fixer, type FixerListeners } from './fixer.js';
import type { LogScanner } from './ports/log-scanner.js';
import type { ApprovalChannel } from './ports/approval-channel.js';
import type { CodeHost } from './ports/code-host.js';
import type { CodingAgent } from './ports/coding-agent.js';
import type { ProcessRunner } from './ports/process-runner.js';
import type { Repository } from './ports/repository.js';
import type { Sandbox } from './ports/sandbox.js';
import type { Store } from './ports/store.js';

export type { Fixer } from './fixer.js';

export function composeLogScanner(): LogScanner {
  return createLogScanner();
}

/** What the fixer may use of its process. */
export interface HostProcess {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: ConstructorParameters<typeof TerminalChannel>[0]['input'];
  stdout: ConstructorParameters<typeof TerminalChannel>[0]['output'];
  execPath: string;
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

/** The user's repositories, for a command that only reads them. */
export function composeRepository({ env }: HostProcess): Repository {
  return createGitRepository({ gitPath: findGit(env.PATH), env });
}

/** The store beside a running fixer, or without one, for a command that looks or decides. */
export function openSharedStore(
  { dataDir }: Pick<FixerConfig, 'dataDir'>,
  { mongodbUri }: Pick<FixerSecrets, 'mongodbUri'>,
): Promise<Store> {
  return mongodbUri === undefined
    ? openSqliteStore({ folder: dataDir, isShared: true })
    : openMongoStore({ uri: mongodbUri });
}

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

async function chooseSandbox(
  mode: FixerConfig['sandbox'],
  runner: ProcessRunner,
  nodePath: string,
  scratchFolder: string,
): Promise<Sandbox> {
  if (mode === 'off') return new NoSandbox();
  const { sandbox, reason } = await detectBubblewrap(runner, { nodePath, scratchFolder });
  if (sandbox) return sandbox;
  throw new Fault({
    code: 'sandbox_unavailable',
    message: `There is no working sandbox: ${reason}`,
    remedy:
      'Install bubblewrap (apt install bubblewrap) and allow user namespaces, or set SANDBOX=off to run agents and tests uncontained.',
  });
}

function createAgents(
  config: FixerConfig,
  secrets: FixerSecrets,
  host: HostProcess,
  { runner, sandbox }: { runner: ProcessRunner; sandbox: Sandbox },
): ReadonlyMap<Rung, CodingAgent> {
  const path = host.env.PATH ?? '/usr/bin:/bin';
  const shared = { runner, sandbox, findProgram: programFinder(path, host.cwd) };
  const homesFolder = join(config.dataDir, 'work', 'homes');
  // The address of a unix socket is at most about a hundred bytes long, so it cannot lie below DATA_DIR.
  const socketsFolder = join(tmpdir(), `levautofix-${randomBytes(6).toString('hex')}`);
  const claude = new ClaudeCodeAgent({
    ...shared,
    command: config.claudeCommand,
    apiKey: secrets.anthropicApiKey,
    baseUrl: config.anthropicBaseUrl,
    model: config.claudeModel,
    homesFolder,
    socketsFolder,
    gateway:
      sandbox.kind === 'none' || secrets.anthropicApiKey === undefined
        ? null
        : new HttpModelGateway({
            upstream: config.anthropicBaseUrl ?? 'https://api.anthropic.com',
            credentials: { 'x-api-key': secrets.anthropicApiKey },
          }),
    hostEnv: host.env,
  });
  const command = new CommandAgent({
    ...shared,
    command: config.repairCommand,
    folder: host.cwd,
    path,
    home: join(homesFolder, 'command'),
  });
  const codex = new CodexAgent({
    ...shared,
    command: config.codexCommand,
    apiKey: secrets.openaiApiKey,
    baseUrl: config.openaiBaseUrl,
    homesFolder,
    socketsFolder,
    path,
    gateway:
      sandbox.kind === 'none' || secrets.openaiApiKey === undefined
        ? null
        : new HttpModelGateway({
            upstream: config.openaiBaseUrl ?? openAi,
            credentials: { authorization: `Bearer ${secrets.openaiApiKey}` },
          }),
  });
  const ollama = new OllamaAgent({ client: new OllamaClient(config.ollamaUrl), model: config.ollamaModel });
  return new Map<Rung, CodingAgent>([
    ['claude-code', claude],
    ['codex', codex],
    ['ollama', ollama],
    ['command', command],
  ]);
}

function createChannels(
  config: FixerConfig,
  secrets: FixerSecrets,
  host: HostProcess,
  { clock, log, random, store }: { clock: Clock; log: Logger; random: () => number; store: Store },
): ApprovalChannel[] {
  const { telegram } = config;
  if (telegram && secrets.telegramBotToken !== undefined) {
    const findNonce = (reference: string) => findNonceShownAt(store.jobs, 'telegram', reference);
    const panels = createStatusPanels({
      store,
      now: () => clock.now(),
      startedAt: clock.now(),
      facts: { services: config.services.map(({ name }) => name).join(', '), sandbox: config.sandbox },
      secrets: secretValues(secrets),
    });
    const token = secrets.telegramBotToken;
    const reopen = async (reference: string, by: string) =>
      (await reopenIncident(reference, by, store.incidents)).message;
    return [new TelegramChannel({ ...telegram, token, clock, log, random, findNonce, panels, reopen })];
  }
  const terminal = { input: host.stdin, output: host.stdout };
  return isTerminal(terminal) ? [new TerminalChannel({ ...terminal, clock })] : [];
}

function createCodeHosts(
  config: FixerConfig,
  { githubToken: token }: FixerSecrets,
  repository: () => Repository,
  override: CodeHost | undefined,
) {
  const apiUrl = config.githubApiUrl;
  const host = gitHost(apiUrl);
  return {
    fetchCredentials: token === undefined ? null : { token, host },
    async of(service: Service): Promise<CodeHost> {
      if (override) return override;
      if (token === undefined) {
        return createLocalHost({ folder: join(config.dataDir, 'pull-requests'), repository: repository() });
      }
      const remote = await repository().remoteUrl(service.repoPath);
      const name = config.githubRepository
        ? parseRepositoryName(config.githubRepository)
        : repositoryNameOf(remote ?? '', host);
      if (name) return createGitHubHost({ token, apiUrl, repository: name });
      throw new Fault({
        code: 'github_repository_unknown',
        message: `It is not clear which repository on ${host} belongs to ${service.name}: the remote origin ${remote ? 'lies elsewhere' : 'is missing'}.`,
        remedy: 'Set GITHUB_REPOSITORY=owner/name, or unset GITHUB_TOKEN to keep branches in the local repository.',
      });
    },
  };
}
