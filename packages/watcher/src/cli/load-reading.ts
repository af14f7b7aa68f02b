// How the commands that read one log read it: by the rules of the host and the source maps, as `start` would in this folder.
import { resolve } from 'node:path';
import type { CommandIo } from '@levautofix/service-kit/command';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import { EnvReader } from '@levautofix/service-kit/env';
import { defaultSeverityTable, withHostRules, type SeverityTable } from '../classify/severity-table.js';
import { loadRules } from '../config/load-rules.js';
import type { DetectorOptions } from '../detect/event-detector.js';
import type { FingerprintOptions } from '../fingerprint/fingerprint.js';

export interface Reading extends Pick<DetectorOptions, 'rules'>, FingerprintOptions {
  severityTable: SeverityTable;
}

export const readingOptions = {
  config: { type: 'string' },
  'source-root': { type: 'string', multiple: true },
} as const;

export const readingHelp = `  --config FILE      rules file, else the one that start would use in this folder (WATCHER_CONFIG)
  --source-root DIR  a folder whose source maps are read, as with SOURCE_ROOTS; may be given again
`;

/** @throws ConfigFault that lists everything that is wrong with the rules. */
export async function loadReading(
  { config, 'source-root': roots = [] }: { config?: string | undefined; 'source-root'?: string[] | undefined },
  { env, cwd }: CommandIo,
): Promise<Reading> {
  const reader = new EnvReader(await withDotenv(env, cwd));
  const rules = await loadRules(config ?? reader.optional('WATCHER_CONFIG'), cwd, reader);
  reader.finish();
  return {
    severityTable: rules ? withHostRules(rules.severity) : defaultSeverityTable,
    ...(rules && { rules: rules.detect, ...rules.grouping }),
    ...(roots.length > 0 && (await loadResolver(roots.map((root) => resolve(cwd, root))))),
  };
}

/** Loaded only where it is asked for: most commands read no source maps. */
async function loadResolver(roots: readonly string[]): Promise<FingerprintOptions> {
  const { composeResolver } = await import('../compose.js');
  return composeResolver(roots);
}
