// The diff policy: holds the final diff of an attempt against every rule. A refusal ends the attempt, a flag is shown to whoever decides.
import type { Flag } from '@levautofix/contract/job-view';
import type { Change } from '../domain/change.js';
import { inspectPaths } from './protected-paths.js';

export interface DiffToInspect {
  change: Change;
  /** Content of a file before or after the change; null where it is not there. */
  readFile(side: 'base' | 'fix', path: string): Promise<string | null>;
  /** The user's globs: an entry protects a path more, one with `!` in front allows a protected one. */
  protectedPaths: readonly string[];
}

export interface Inspection {
  refusals: Flag[];
  flags: Flag[];
}

export function inspectDiff(diff: DiffToInspect): Promise<Inspection> {
  return Promise.resolve({ refusals: inspectPaths(diff.change, diff.protectedPaths), flags: [] });
}
