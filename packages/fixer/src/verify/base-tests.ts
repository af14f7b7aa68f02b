// The tests of the base commit, laid over a changed commit: what somebody relied on before must hold, whatever became of its test since.
import type { ChangedFile } from '../domain/change.js';
import type { Service } from '../domain/service.js';
import type { CheckPlan } from './choose-checks.js';
import { chooseRunner } from './test-runner.js';
import type { VerifyDeps } from './verify-deps.js';

export type ChangedPath = Pick<ChangedFile, 'path' | 'oldPath'>;

/** Files with test cases, and what lies with them. */
export function isTestPath(path: string): boolean {
  return (
    /(?:^|\/)(?:tests?|__tests__|__mocks__|__snapshots__|__fixtures__|specs?|e2e)\//.test(path) ||
    /\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path)
  );
}

/** Paths of tests that are not as they were on the base. */
export function changedTests(changed: readonly ChangedPath[]): string[] {
  return [...new Set(changed.flatMap(({ path, oldPath }) => [path, oldPath ?? path]))].filter(isTestPath);
}

/** What the base holds at these paths; null where it holds nothing. */
export async function readBaseTests(
  { repository }: Pick<VerifyDeps, 'repository'>,
  service: Service,
  baseCommit: string,
  paths: readonly string[],
): Promise<Map<string, string | null>> {
  const texts = new Map<string, string | null>();
  for (const path of paths) texts.set(path, await repository.readFile(service.repoPath, baseCommit, path));
  return texts;
}

/**
 * A run of the base's own tests tells more than a run of all when one of them was edited, or when a new one shares their process and
 * may have replaced what they stand on.
 */
export function needsBaseTests(base: ReadonlyMap<string, string | null>, plan: CheckPlan, script: string): boolean {
  if (plan.test === null || base.size === 0) return false;
  const isIsolated =
    /^(?:node|vitest|jest|ava)$/.test(chooseRunner(script) ?? '') && !/isolat|singleThread/i.test(script);
  return !isIsolated || [...base.values()].some((text) => text !== null);
}

export async function layBaseTests(
  { workspace }: Pick<VerifyDeps, 'workspace'>,
  folder: string,
  base: ReadonlyMap<string, string | null>,
): Promise<void> {
  for (const [path, text] of base) {
    if (text === null) await workspace.remove(`${folder}/${path}`);
    else await workspace.writeText(`${folder}/${path}`, text);
  }
}
