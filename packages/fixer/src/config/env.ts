// The environment of the fixer: every name it reads, with its default and its limits.
import { EnvReader, type EnvValues } from '@levautofix/service-kit/env';
import { logLevels } from '@levautofix/service-kit/logger';
import { relaySecrets } from '@levautofix/service-kit/relay-signature';
import { rungs, type Rung } from '../domain/attempt.js';

/** Public interface: these names are documented in `.env.example`. */
export const fixerEnvNames = [
  'REPO_PATH',
  'BASE_BRANCH',
  'SERVICE_NAME',
  'FIXER_CONFIG',
  'DATA_DIR',
  'MONGODB_URI',
  'RELAY_SECRET',
  'WATCHER_URLS',
  'HOST',
  'PORT',
  'ALLOWED_HOSTS',
  'DASHBOARD_TOKEN',
  'LOG_LEVEL',
  'TELEGRAM_BOT_TOKEN',
  'TELEGRAM_CHAT_ID',
  'TELEGRAM_ALLOWED_USERS',
  'TELEGRAM_API_ROOT',
  'APPROVE_BEFORE',
  'APPROVAL_TIMEOUT_MS',
  'AUTO_MERGE',
  'GITHUB_TOKEN',
  'GITHUB_API_URL',
  'GITHUB_REPOSITORY',
  'REPAIR_LADDER',
  'REPAIR_COMMAND',
  'CLAUDE_COMMAND',
  'CLAUDE_MODEL',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'CODEX_COMMAND',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OLLAMA_URL',
  'OLLAMA_MODEL',
  'ATTEMPT_TIMEOUT_MS',
  'MAX_USD_PER_ATTEMPT',
  'MAX_USD_PER_JOB',
  'MAX_USD_PER_DAY',
  'JOBS_PER_HOUR',
  'MAX_OPEN_PULL_REQUESTS',
  'COOLDOWN_MS',
  'STORM_ERRORS',
  'INSTALL_COMMAND',
  'BUILD_COMMAND',
  'TEST_COMMAND',
  'INSTALL_TIMEOUT_MS',
  'BUILD_TIMEOUT_MS',
  'TEST_TIMEOUT_MS',
  'PROTECTED_PATHS',
  'SANDBOX',
] as const;

export const approveBefore = ['pull-request', 'repair', 'both'] as const;
export const sandboxModes = ['auto', 'required', 'off'] as const;

const dayMs = 24 * 60 * 60_000;
const minSecretLength = 16;
const makeSecret = 'Make one with `openssl rand -hex 32`';

/** Reads all of it; what is wrong is gathered in `reader` and thrown by its `finish`. `isOneShot`: no reports, no questions. */
export function readFixerEnv(env: EnvValues, { isOneShot = false } = {}) {
  const reader = new EnvReader(env);
  const values = {
    repoPath: reader.optional('REPO_PATH'),
    baseBranch: reader.string('BASE_BRANCH', 'main'),
    serviceName: reader.optional('SERVICE_NAME'),
    configFile: reader.optional('FIXER_CONFIG'),
    dataDir: reader.string('DATA_DIR', '.levautofix/fixer'),
    mongodbUri: readMongodbUri(reader),
    relaySecret: isOneShot ? '' : readRelaySecret(reader),
    watcherUrls: readUrls(reader, 'WATCHER_URLS'),
    host: reader.string('HOST', '127.0.0.1'),
    port: reader.integer('PORT', 4700, { max: 65_535 }),
    allowedHosts: reader.list('ALLOWED_HOSTS'),
    dashboardToken: readDashboardToken(reader),
    logLevel: reader.oneOf('LOG_LEVEL', logLevels, 'info'),
    telegram: isOneShot ? null : readTelegram(reader),
    approveBefore: reader.oneOf('APPROVE_BEFORE', approveBefore, 'pull-request'),
    approvalTimeoutMs: reader.integer('APPROVAL_TIMEOUT_MS', dayMs, { min: 1, max: 30 * dayMs }),
    autoMerge: isOneShot ? [] : readAutoMerge(reader),
    githubToken: reader.optional('GITHUB_TOKEN'),
    githubApiUrl: reader.url('GITHUB_API_URL') ?? 'https://api.github.com',
    githubRepository: readGithubRepository(reader),
    ladder: readLadder(reader),
    repairCommand: reader.optional('REPAIR_COMMAND'),
    claudeCommand: reader.string('CLAUDE_COMMAND', 'claude'),
    claudeModel: reader.optional('CLAUDE_MODEL'),
    anthropicApiKey: reader.optional('ANTHROPIC_API_KEY'),
    anthropicBaseUrl: reader.url('ANTHROPIC_BASE_URL'),
    codexCommand: reader.string('CODEX_COMMAND', 'codex'),
    openaiApiKey: reader.optional('OPENAI_API_KEY'),
    openaiBaseUrl: reader.url('OPENAI_BASE_URL'),
    ollamaUrl: reader.url('OLLAMA_URL') ?? 'http://127.0.0.1:11434',
    ollamaModel: reader.optional('OLLAMA_MODEL'),
    attemptTimeoutMs: reader.integer('ATTEMPT_TIMEOUT_MS', 15 * 60_000, { min: 1_000, max: dayMs }),
    maxUsdPerAttempt: reader.amount('MAX_USD_PER_ATTEMPT', 2),
    maxUsdPerJob: reader.amount('MAX_USD_PER_JOB', 5),
    maxUsdPerDay: reader.amount('MAX_USD_PER_DAY', 25),
    jobsPerHour: reader.integer('JOBS_PER_HOUR', 10, { max: 1_000 }),
    maxOpenPullRequests: reader.integer('MAX_OPEN_PULL_REQUESTS', 10, { max: 1_000 }),
    cooldownMs: reader.integer('COOLDOWN_MS', 60 * 60_000, { max: 30 * dayMs }),
    stormErrors: reader.integer('STORM_ERRORS', 10, { max: 1_000 }),
    installCommand: reader.optional('INSTALL_COMMAND'),
    buildCommand: reader.optional('BUILD_COMMAND'),
    testCommand: reader.optional('TEST_COMMAND'),
    installTimeoutMs: reader.integer('INSTALL_TIMEOUT_MS', 60_000, { min: 1_000, max: dayMs }),
    buildTimeoutMs: reader.integer('BUILD_TIMEOUT_MS', 180_000, { min: 1_000, max: dayMs }),
    testTimeoutMs: reader.integer('TEST_TIMEOUT_MS', 300_000, { min: 1_000, max: dayMs }),
    protectedPaths: reader.list('PROTECTED_PATHS'),
    sandbox: reader.oneOf('SANDBOX', sandboxModes, 'auto'),
  };
  return { values, reader };
}

export type FixerEnv = ReturnType<typeof readFixerEnv>['values'];

function readRelaySecret(reader: EnvReader): string {
  const secret = reader.required('RELAY_SECRET', `${makeSecret} and give it to both sides.`);
  if (secret !== '' && relaySecrets(secret).some((part) => part.length < minSecretLength)) {
    reader.fault('RELAY_SECRET', `is shorter than ${minSecretLength} characters.`, `${makeSecret}.`);
  }
  return secret;
}

function readDashboardToken(reader: EnvReader): string | undefined {
  const token = reader.optional('DASHBOARD_TOKEN');
  if (token !== undefined && (token.length < minSecretLength || /\s/.test(token))) {
    const problem = `is shorter than ${minSecretLength} characters or has a space in it.`;
    reader.fault('DASHBOARD_TOKEN', problem, `${makeSecret}, or leave it empty to have one made.`);
  }
  return token;
}

function readMongodbUri(reader: EnvReader): string | undefined {
  const uri = reader.optional('MONGODB_URI');
  if (uri === undefined || /^mongodb(\+srv)?:\/\/\S+$/.test(uri)) return uri;
  // The value may hold a password, so it is not repeated.
  reader.fault('MONGODB_URI', 'is no MongoDB address.', 'Use for example mongodb://127.0.0.1:27017/levautofix.');
  return undefined;
}

function readUrls(reader: EnvReader, name: string): string[] {
  return reader.list(name).flatMap((value) => {
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return [value.replace(/\/+$/, '')];
    reader.fault(name, 'holds something that is no http or https address.', 'Use for example http://10.0.0.5:4600.');
    return [];
  });
}

function readTelegram(reader: EnvReader) {
  const token = reader.optional('TELEGRAM_BOT_TOKEN');
  if (token === undefined) return null;
  if (!/^\d+:[\w-]{10,}$/.test(token)) {
    reader.fault('TELEGRAM_BOT_TOKEN', 'is no bot token.', 'Use the token that @BotFather shows, such as 123456:ABC….');
  }
  const chatId = reader.optional('TELEGRAM_CHAT_ID');
  if (chatId === undefined || !/^-?[1-9]\d{0,15}$/.test(chatId)) {
    const problem = chatId === undefined ? 'is not set.' : 'is not a number.';
    reader.fault('TELEGRAM_CHAT_ID', problem, 'Use the number of your chat with the bot; groups have a negative one.');
  }
  const users = reader.list('TELEGRAM_ALLOWED_USERS');
  if (users.some((user) => !/^[1-9]\d{0,15}$/.test(user))) {
    reader.fault('TELEGRAM_ALLOWED_USERS', 'holds something that is no user id.', 'List numbers, such as 12345,67890.');
  }
  return {
    token,
    chatId: Number(chatId),
    allowedUsers: users.map(Number),
    apiRoot: reader.url('TELEGRAM_API_ROOT'),
  };
}

/** Types of errors. What it needs besides, so that a merge without a look is bounded and somebody hears of it, is checked with it. */
function readAutoMerge(reader: EnvReader): string[] {
  const errorTypes = reader.list('AUTO_MERGE').filter((name) => name !== 'off');
  if (errorTypes.length === 0) return [];
  if (errorTypes.some((name) => !/^[A-Z][\w$.]*$/.test(name))) {
    const problem = 'holds something that is no type of error.';
    reader.fault(
      'AUTO_MERGE',
      problem,
      'Name types such as TypeError,RangeError: each has to earn it by itself. Or off.',
    );
  }
  if (reader.optional('GITHUB_TOKEN') === undefined) {
    reader.fault(
      'AUTO_MERGE',
      'needs GITHUB_TOKEN.',
      'Set it, or AUTO_MERGE=off: nothing is merged into a local branch.',
    );
  }
  if (reader.optional('SANDBOX') === 'off') {
    const remedy = 'Use SANDBOX=auto, or AUTO_MERGE=off.';
    reader.fault(
      'AUTO_MERGE',
      'does not go with SANDBOX=off: what an uncontained agent did has to be looked at.',
      remedy,
    );
  }
  if (reader.optional('APPROVE_BEFORE') === 'repair') {
    const remedy = 'Use APPROVE_BEFORE=both or pull-request, or AUTO_MERGE=off.';
    reader.fault('AUTO_MERGE', 'does not go with APPROVE_BEFORE=repair: nobody would have seen the change.', remedy);
  }
  if (reader.optional('TELEGRAM_BOT_TOKEN') === undefined) {
    const remedy = 'Set TELEGRAM_BOT_TOKEN, or AUTO_MERGE=off.';
    reader.fault('AUTO_MERGE', 'needs somebody who is told of what was merged.', remedy);
  }
  return errorTypes;
}

function readGithubRepository(reader: EnvReader): string | undefined {
  const repository = reader.optional('GITHUB_REPOSITORY');
  if (repository === undefined || /^[\w.-]+\/[\w.-]+$/.test(repository)) return repository;
  reader.fault('GITHUB_REPOSITORY', 'is not of the form owner/name.', 'Use for example my-company/my-app.');
  return undefined;
}

function readLadder(reader: EnvReader): Rung[] {
  const names = reader.list('REPAIR_LADDER');
  const ladder = rungs.filter((rung) => names.includes(rung));
  const unknown = names.filter((name) => !ladder.some((rung) => rung === name));
  if (unknown.length > 0) {
    reader.fault('REPAIR_LADDER', `names ${unknown.join(', ')}.`, `Use only ${rungs.join(', ')}.`);
  }
  if (ladder.includes('command') && reader.optional('REPAIR_COMMAND') === undefined) {
    reader.fault('REPAIR_COMMAND', 'is not set, but REPAIR_LADDER names command.', 'Name the program to run.');
  }
  if (ladder.includes('ollama') && reader.optional('OLLAMA_MODEL') === undefined) {
    reader.fault(
      'OLLAMA_MODEL',
      'is not set, but REPAIR_LADDER names ollama.',
      'Name a model that `ollama list` shows.',
    );
  }
  return names.length > 0 ? (names as Rung[]) : ['claude-code', 'claude-code', 'codex'];
}
