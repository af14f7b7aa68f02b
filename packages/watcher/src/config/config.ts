// The watcher's whole configuration: environment and rules file together, all faults listed at once.
import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { minExactLength } from '@levautofix/contract/redact';
import type { Severity } from '@levautofix/contract/severity';
import type { EnvReader, EnvValues } from '@levautofix/service-kit/env';
import type { LogLevel } from '@levautofix/service-kit/logger';
import { relaySecrets } from '@levautofix/service-kit/relay-signature';
import { readWatcherEnv } from './env.js';
import { loadRules } from './load-rules.js';
import { readRules, type HostRules } from './rules-file.js';

export interface WatcherConfig {
  /** Absolute glob patterns; one that starts with `!` leaves files out. */
  logFiles: string[];
  /** Absolute folders outside those of the patterns that links may lead into. */
  logRoots: string[];
  /** Absolute folders of the program in which source maps may be read. */
  sourceRoots: string[];
  /** Match arguments of journalctl, empty for the whole journal; null where the journal is not read. */
  journalMatches: string[] | null;
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
  const { values, reader } = readWatcherEnv(env);
  const rules = (await loadRules(values.rulesFile, cwd, reader)) ?? (await readRules('')).rules;
  const redactValues = await loadRedactValues(values.redactValuesFile, cwd, reader);
  const service = values.serviceName ?? (await packageName(cwd)) ?? hostname();
  const place = (name: string) => (path: string) => resolvePlace(path, { name, cwd, home: env['HOME'], reader });
  const logFiles = values.logFiles.map((pattern) =>
    pattern.startsWith('!') ? `!${place('LOG_FILES')(pattern.slice(1))}` : place('LOG_FILES')(pattern),
  );
  const logRoots = values.logRoots.map(place('LOG_ROOTS'));
  const sourceRoots = values.sourceRoots.map(place('SOURCE_ROOTS'));
  const stateDir = place('STATE_DIR')(values.stateDir);
  if (logFiles.length > 0 && logFiles.every((pattern) => pattern.startsWith('!')))
    reader.fault(
      'LOG_FILES',
      'only leaves files out.',
      'Name the log files to read, for example /var/log/my-app/*.log.',
    );
  if (logFiles.length === 0 && values.journalMatches === null && !readsStdin) {
    const pm2Logs = await findPm2Logs(env);
    if (pm2Logs) logFiles.push(pm2Logs);
    else
      reader.fault(
        'LOG_FILES',
        'is not set, and no log folder of PM2 was found.',
        'Name the log files, for example LOG_FILES=/var/log/my-app/*.log.',
      );
  }
  reader.finish();
  return {
    logFiles,
    logRoots,
    sourceRoots,
    journalMatches: values.journalMatches,
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
    stateDir,
    settleMs: values.settleMs,
    settleMaxMs: values.settleMaxMs,
    criticalSettleMs: values.criticalSettleMs,
    minSeverity: values.minSeverity,
    spoolMaxBytes: values.spoolMaxBytes,
    rules,
    redactValues: [...redactValues, ...relaySecrets(values.relaySecret)],
    http: { host: values.host, port: values.port },
    logLevel: values.logLevel,
  };
}

/** One value to a line; empty lines do not count. */
async function loadRedactValues(file: string | undefined, cwd: string, reader: EnvReader): Promise<string[]> {
  if (file === undefined) return [];
  try {
    const lines = (await readFile(resolve(cwd, file), 'utf8')).split('\n').map((line) => line.trim());
    const short = lines.flatMap((line, index) => (line !== '' && line.length < minExactLength ? [index + 1] : []));
    if (short.length > 0)
      reader.fault(
        'REDACT_VALUES_FILE',
        `has values of fewer than ${minExactLength} characters, which cannot be redacted (line ${short.join(', ')}).`,
        'Remove these lines, and give what they protect a longer secret.',
      );
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

/** `~/` is what a shell would have made of it; env files have none. */
function resolvePlace(
  path: string,
  { name, cwd, home, reader }: { name: string; cwd: string; home: string | undefined; reader: EnvReader },
): string {
  if (!path.startsWith('~/')) return resolve(cwd, path);
  if (!home) reader.fault(name, 'begins with ~/, and HOME is not set.', 'Write the whole path.');
  return resolve(home ?? '', path.slice(2));
}

/** PM2 keeps the output of all its programs in one folder. */
async function findPm2Logs(env: EnvValues): Promise<string | null> {
  const home = env['PM2_HOME'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.pm2'));
  if (home === undefined || home === '') return null;
  const folder = join(home, 'logs');
  return access(folder).then(
    () => join(folder, '*.log'),
    () => null,
  );
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
