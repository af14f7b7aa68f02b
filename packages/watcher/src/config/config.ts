// The watcher's whole configuration: environment and rules file together, all faults listed at once.
import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Severity } from '@levautofix/contract/severity';
import type { EnvReader, EnvValues } from '@levautofix/service-kit/env';
import type { LogLevel } from '@levautofix/service-kit/logger';
import { readWatcherEnv } from './env.js';
import { defaultRulesFile, parseRules, type HostRules } from './rules-file.js';

export interface WatcherConfig {
  /** Absolute glob patterns. */
  logFiles: string[];
  readsStdin: boolean;
  readFrom: 'end' | 'beginning';
  service: string;
  environment: string;
  release: string | null;
  /** Name of this machine, for the reports. */
  machine: string;
  /** `fixerUrl` is null in pull mode. */
  relay: { mode: 'push' | 'pull'; fixerUrl: string | null; secret: string };
  stateDir: string;
  settleMs: number;
  settleMaxMs: number;
  criticalSettleMs: number;
  minSeverity: Severity;
  spoolMaxBytes: number;
  rules: HostRules;
  /** Exact values that never leave this machine. */
  redactValues: string[];
  http: { host: string; port: number };
  logLevel: LogLevel;
}

/** @throws ConfigFault that lists everything that is wrong. */
export async function loadWatcherConfig(
  env: EnvValues,
  { cwd, readsStdin = false }: { cwd: string; readsStdin?: boolean },
): Promise<WatcherConfig> {
  const { values, reader } = readWatcherEnv(env, { readsStdin });
  const rules = await loadRules(values.rulesFile, cwd, reader);
  const redactValues = await loadRedactValues(values.redactValuesFile, cwd, reader);
  const service = values.serviceName ?? (await packageName(cwd)) ?? hostname();
  reader.finish();
  return {
    logFiles: values.logFiles.map((pattern) => (pattern.startsWith('!') ? pattern : resolve(cwd, pattern))),
    readsStdin,
    readFrom: values.readFrom,
    service,
    environment: values.environment,
    release: values.release,
    machine: hostname(),
    relay: {
      mode: values.relayMode,
      fixerUrl: values.relayMode === 'push' ? (values.fixerUrl ?? null) : null,
      secret: values.relaySecret,
    },
    stateDir: resolve(cwd, values.stateDir),
    settleMs: values.settleMs,
    settleMaxMs: values.settleMaxMs,
    criticalSettleMs: values.criticalSettleMs,
    minSeverity: values.minSeverity,
    spoolMaxBytes: values.spoolMaxBytes,
    rules,
    redactValues: [...redactValues, ...values.relaySecret.split(' ').filter((secret) => secret !== '')],
    http: { host: values.host, port: values.port },
    logLevel: values.logLevel,
  };
}

async function loadRules(file: string | undefined, cwd: string, reader: EnvReader): Promise<HostRules> {
  const path = resolve(cwd, file ?? defaultRulesFile);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere && file === undefined) return parseRules('').rules;
  try {
    const { rules, problems } = parseRules(await readFile(path, 'utf8'));
    for (const problem of problems) reader.fault('WATCHER_CONFIG', `${path}: ${problem}`, 'Correct the file.');
    return rules;
  } catch (error) {
    reader.fault(
      'WATCHER_CONFIG',
      `names ${path}, which cannot be read (${(error as Error).message}).`,
      'Correct the path.',
    );
    return parseRules('').rules;
  }
}

/** One value to a line; empty lines do not count. */
async function loadRedactValues(file: string | undefined, cwd: string, reader: EnvReader): Promise<string[]> {
  if (file === undefined) return [];
  try {
    const lines = (await readFile(resolve(cwd, file), 'utf8')).split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '');
  } catch (error) {
    reader.fault(
      'REDACT_VALUES_FILE',
      `cannot be read (${(error as Error).message}).`,
      'Correct the path or its rights.',
    );
    return [];
  }
}

async function packageName(cwd: string): Promise<string | undefined> {
  try {
    const { name } = JSON.parse(await readFile(resolve(cwd, 'package.json'), 'utf8')) as { name?: unknown };
    // The scope of a package name says who owns it, not what the service is called.
    return typeof name === 'string' && name !== '' ? basename(name) : undefined;
  } catch {
    return undefined;
  }
}
