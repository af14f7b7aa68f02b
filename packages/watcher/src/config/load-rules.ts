// Finds the rules file of the host and reads it; most have none, and load nothing for it.
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EnvReader } from '@levautofix/service-kit/env';
import type { HostRules } from './rules-file.js';

const defaultRulesFile = 'levautofix-watcher.config.yaml';

/** Null where none is named and the folder has none; what is wrong with it is gathered in `reader`. */
export async function loadRules(file: string | undefined, cwd: string, reader: EnvReader): Promise<HostRules | null> {
  const path = resolve(cwd, file ?? defaultRulesFile);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere && file === undefined) return null;
  try {
    const { readRules } = await import('./rules-file.js');
    const { rules, problems } = await readRules(await readFile(path, 'utf8'));
    for (const problem of problems) reader.fault('WATCHER_CONFIG', `${path}: ${problem}`, 'Correct the file.');
    return rules;
  } catch (error) {
    reader.fault(
      'WATCHER_CONFIG',
      `names ${path}, which cannot be read (${(error as Error).message}).`,
      'Correct the path.',
    );
    return null;
  }
}
