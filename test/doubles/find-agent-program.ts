// Finds the real command line of a coding agent for tests: its variable, then the cache folder, then PATH.
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Null when it is not installed, with one line saying that a suite is skipped; an error when `REQUIRE_<NAME>=1`.
 */
export function findAgentProgram(name: 'claude' | 'codex'): string | null {
  const variable = `${name.toUpperCase()}_COMMAND`;
  const configured = process.env[variable];
  const candidates = configured?.includes('/')
    ? [configured]
    : [
        join(homedir(), '.cache/levautofix/node_modules/.bin', name),
        ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, configured ?? name)),
      ];
  const found = candidates.find(isExecutable);
  if (found) return found;
  const absence = `The ${name} command line is not installed (set ${variable}).`;
  if (process.env[`REQUIRE_${name.toUpperCase()}`] === '1') throw new Error(absence);
  console.warn(`${absence} Its suite is skipped.`);
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
