// The environment of the watcher: every name it reads, with its default and its limits.
import { severities } from '@levautofix/contract/severity';
import { EnvReader, type EnvValues } from '@levautofix/service-kit/env';
import { logLevels } from '@levautofix/service-kit/logger';
import { relaySecrets } from '@levautofix/service-kit/relay-signature';

/** Public interface: these names are documented in `.env.example`. */
export const watcherEnvNames = [
  'LOG_FILES',
  'LOG_ROOTS',
  'SOURCE_ROOTS',
  'JOURNAL_MATCHES',
  'SERVICE_NAME',
  'ENVIRONMENT',
  'RELEASE',
  'FIXER_URL',
  'RELAY_SECRET',
  'RELAY_MODE',
  'STATE_DIR',
  'SETTLE_MS',
  'SETTLE_MAX_MS',
  'CRITICAL_SETTLE_MS',
  'MIN_SEVERITY',
  'READ_FROM',
  'SPOOL_MAX_BYTES',
  'REDACT_VALUES_FILE',
  'WATCHER_CONFIG',
  'HOST',
  'PORT',
  'LOG_LEVEL',
] as const;

const minSecretLength = 16;

/** Reads all of it; what is wrong is gathered in `reader` and thrown by its `finish`. */
export function readWatcherEnv(env: EnvValues) {
  const reader = new EnvReader(env);
  const relayMode = reader.oneOf('RELAY_MODE', ['push', 'pull'], 'push');
  if (reader.optional('RELAY_SECRET') === undefined)
    reader.fault('RELAY_SECRET', 'is not set.', 'Make one with `openssl rand -hex 32` and give it to both sides.');
  const relaySecret = reader.plain('RELAY_SECRET') ?? '';
  if (relaySecrets(relaySecret).some((secret) => secret.length < minSecretLength))
    reader.fault(
      'RELAY_SECRET',
      `is shorter than ${minSecretLength} characters.`,
      'Make one with `openssl rand -hex 32`.',
    );
  const fixerUrl = reader.url('FIXER_URL');
  if (relayMode === 'push' && reader.optional('FIXER_URL') === undefined)
    reader.fault('FIXER_URL', 'is not set.', 'Use the address of the fixer, or RELAY_MODE=pull to be asked by it.');
  const settleMs = reader.integer('SETTLE_MS', 30_000, { min: 0, max: 24 * 60 * 60_000 });
  const settleMaxMs = reader.integer('SETTLE_MAX_MS', Math.max(300_000, settleMs), { min: 0, max: 24 * 60 * 60_000 });
  if (settleMaxMs < settleMs)
    reader.fault('SETTLE_MAX_MS', `is below SETTLE_MS (${settleMs}).`, 'Use at least the value of SETTLE_MS.');
  const values = {
    logFiles: splitGlobs(reader.optional('LOG_FILES') ?? ''),
    logRoots: reader.list('LOG_ROOTS'),
    sourceRoots: reader.list('SOURCE_ROOTS'),
    journalMatches: readJournalMatches(reader),
    serviceName: reader.optional('SERVICE_NAME'),
    environment: reader.string('ENVIRONMENT', 'production'),
    release: reader.plain('RELEASE') ?? null,
    relayMode,
    fixerUrl,
    relaySecret,
    stateDir: reader.string('STATE_DIR', '.levautofix/watcher'),
    settleMs,
    settleMaxMs,
    criticalSettleMs: reader.integer('CRITICAL_SETTLE_MS', Math.min(settleMs, 5_000), { max: 24 * 60 * 60_000 }),
    minSeverity: reader.oneOf('MIN_SEVERITY', severities, 'medium'),
    readFrom: reader.oneOf('READ_FROM', ['end', 'beginning'], 'end'),
    spoolMaxBytes: reader.integer('SPOOL_MAX_BYTES', 50 * 1024 * 1024, { min: 64 * 1024 }),
    redactValuesFile: reader.optional('REDACT_VALUES_FILE'),
    rulesFile: reader.optional('WATCHER_CONFIG'),
    host: reader.string('HOST', '127.0.0.1'),
    port: reader.integer('PORT', 4600, { max: 65_535 }),
    logLevel: reader.oneOf('LOG_LEVEL', logLevels, 'info'),
  };
  return { values, reader };
}

/** At the commas that are not between the braces of a glob; a brace that is never closed is a letter like any other. */
function splitGlobs(text: string): string[] {
  const globs = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '{') depth += 1;
    if (letter === '}' && depth > 0) depth -= 1;
    if (letter === ',' && depth === 0) globs.push('');
    else globs[globs.length - 1] += letter;
  }
  return (depth === 0 ? globs : text.split(',')).map((glob) => glob.trim()).filter((glob) => glob !== '');
}

/** Null where the journal is not asked for; `*` asks for all of it. */
function readJournalMatches(reader: EnvReader): string[] | null {
  const matches = reader.list('JOURNAL_MATCHES');
  if (matches.length === 0) return null;
  const wrong = matches.find((match) => match !== '*' && !/^[A-Z_][A-Z0-9_]*=./.test(match));
  if (wrong !== undefined)
    reader.fault('JOURNAL_MATCHES', `has "${wrong}".`, 'Write FIELD=value, for example _SYSTEMD_UNIT=my-app.service.');
  return matches.filter((match) => match !== '*');
}
