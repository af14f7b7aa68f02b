// The fixer's whole configuration: environment and services file together; secrets stand apart, so that the rest may be printed.
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { EnvReader, EnvValues } from '@levautofix/service-kit/env';
import { relaySecrets } from '@levautofix/service-kit/relay-signature';
import type { Service } from '../domain/service.js';
import { readFixerEnv, type FixerEnv } from './env.js';
import { defaultServicesFile, parseServices, type ServiceEntry } from './services-file.js';

type SecretName = 'mongodbUri' | 'relaySecret' | 'githubToken' | 'anthropicApiKey' | 'openaiApiKey' | 'dashboardToken';
type ServiceSetting =
  | 'repoPath'
  | 'baseBranch'
  | 'serviceName'
  | 'configFile'
  | 'installCommand'
  | 'buildCommand'
  | 'testCommand'
  | 'installTimeoutMs'
  | 'buildTimeoutMs'
  | 'testTimeoutMs'
  | 'protectedPaths';

/** Holds no secret: it may be printed and logged. Folders are absolute. */
export type FixerConfig = Omit<FixerEnv, SecretName | ServiceSetting | 'telegram'> & {
  services: Service[];
  hasMongodb: boolean;
  telegram: { chatId: number; allowedUsers: number[]; apiRoot: string | undefined } | null;
};

export interface FixerSecrets {
  relaySecret: string;
  telegramBotToken: string | undefined;
  githubToken: string | undefined;
  anthropicApiKey: string | undefined;
  openaiApiKey: string | undefined;
  mongodbUri: string | undefined;
  /** As configured; when unset one is made at the first start. */
  dashboardToken: string | undefined;
}

export interface LoadOptions {
  cwd: string;
  /** For one repair without services: neither the relay nor a chat need be configured. */
  isOneShot?: boolean;
}

/** @throws ConfigFault that lists everything that is wrong. */
export async function loadFixerConfig(
  env: EnvValues,
  { cwd, isOneShot = false }: LoadOptions,
): Promise<{ config: FixerConfig; secrets: FixerSecrets }> {
  const { values, reader } = readFixerEnv(env, { isOneShot });
  const services = await loadServices(values, cwd, reader);
  for (const { name, protectedPaths } of values.autoMerge.length > 0 ? services : []) {
    const allowed = protectedPaths.filter((glob) => glob.startsWith('!'));
    if (allowed.length === 0) continue;
    const problem = `does not go with PROTECTED_PATHS of ${name}, which allows ${allowed.join(', ')}.`;
    reader.fault(
      'AUTO_MERGE',
      problem,
      'Take that out: a change to a sensitive path has to be looked at. Or AUTO_MERGE=off.',
    );
  }
  reader.finish();
  const { telegram, allowedHosts, host } = values;
  return {
    config: {
      services,
      dataDir: resolve(cwd, values.dataDir),
      hasMongodb: values.mongodbUri !== undefined,
      watcherUrls: values.watcherUrls,
      host,
      port: values.port,
      // A wildcard address is no name that a browser could show.
      allowedHosts: ['0.0.0.0', '::'].includes(host) ? allowedHosts : [...allowedHosts, host],
      logLevel: values.logLevel,
      telegram: telegram && {
        chatId: telegram.chatId,
        allowedUsers: telegram.allowedUsers,
        apiRoot: telegram.apiRoot,
      },
      approveBefore: values.approveBefore,
      approvalTimeoutMs: values.approvalTimeoutMs,
      autoMerge: values.autoMerge,
      githubApiUrl: values.githubApiUrl,
      githubRepository: values.githubRepository,
      ladder: values.ladder,
      repairCommand: values.repairCommand,
      claudeCommand: values.claudeCommand,
      claudeModel: values.claudeModel,
      anthropicBaseUrl: values.anthropicBaseUrl,
      codexCommand: values.codexCommand,
      openaiBaseUrl: values.openaiBaseUrl,
      ollamaUrl: values.ollamaUrl,
      ollamaModel: values.ollamaModel,
      attemptTimeoutMs: values.attemptTimeoutMs,
      maxUsdPerAttempt: values.maxUsdPerAttempt,
      maxUsdPerJob: values.maxUsdPerJob,
      maxUsdPerDay: values.maxUsdPerDay,
      jobsPerHour: values.jobsPerHour,
      maxOpenPullRequests: values.maxOpenPullRequests,
      cooldownMs: values.cooldownMs,
      stormErrors: values.stormErrors,
      sandbox: values.sandbox,
    },
    secrets: {
      relaySecret: values.relaySecret,
      telegramBotToken: telegram?.token,
      githubToken: values.githubToken,
      anthropicApiKey: values.anthropicApiKey,
      openaiApiKey: values.openaiApiKey,
      mongodbUri: values.mongodbUri,
      dashboardToken: values.dashboardToken,
    },
  };
}

/** Every exact value that must never appear in a log, a question, a prompt or a page. */
export function secretValues(secrets: FixerSecrets): string[] {
  const { relaySecret, mongodbUri, ...single } = secrets;
  const password = mongodbUri && URL.canParse(mongodbUri) ? decodeURIComponent(new URL(mongodbUri).password) : '';
  return [...relaySecrets(relaySecret), mongodbUri, password, ...Object.values(single)].filter(
    (value): value is string => value !== undefined && value !== '',
  );
}

async function loadServices(values: FixerEnv, cwd: string, reader: EnvReader): Promise<Service[]> {
  if (values.repoPath !== undefined) {
    const repoPath = resolve(cwd, values.repoPath);
    const name = values.serviceName ?? (await packageName(repoPath)) ?? basename(repoPath);
    return [serviceOf({ name, repoPath }, values)];
  }
  const path = resolve(cwd, values.configFile ?? defaultServicesFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (values.configFile === undefined && isAbsent) {
      reader.fault('REPO_PATH', 'is not set.', `Name the repository of the service, or list services in ${path}.`);
    } else {
      reader.fault('FIXER_CONFIG', `names ${path}, which cannot be read.`, 'Correct the path or its rights.');
    }
    return [];
  }
  const { services, problems } = parseServices(text);
  for (const problem of problems) reader.fault('FIXER_CONFIG', `${path}: ${problem}.`, 'Correct the file.');
  return services.map((entry) => serviceOf({ ...entry, repoPath: resolve(dirname(path), entry.repoPath) }, values));
}

/** What an entry does not say is taken from the environment. */
function serviceOf(entry: ServiceEntry, values: FixerEnv): Service {
  return {
    name: entry.name,
    repoPath: entry.repoPath,
    baseBranch: entry.baseBranch ?? values.baseBranch,
    installCommand: entry.installCommand ?? values.installCommand,
    buildCommand: entry.buildCommand ?? values.buildCommand,
    testCommand: entry.testCommand ?? values.testCommand,
    installTimeoutMs: entry.installTimeoutMs ?? values.installTimeoutMs,
    buildTimeoutMs: entry.buildTimeoutMs ?? values.buildTimeoutMs,
    testTimeoutMs: entry.testTimeoutMs ?? values.testTimeoutMs,
    protectedPaths: entry.protectedPaths ?? values.protectedPaths,
  };
}

async function packageName(folder: string): Promise<string | undefined> {
  try {
    const { name } = JSON.parse(await readFile(resolve(folder, 'package.json'), 'utf8')) as { name?: unknown };
    // The same rule as the watcher's, so that both come to the same name by themselves.
    return typeof name === 'string' && name !== '' ? basename(name) : undefined;
  } catch {
    return undefined;
  }
}
