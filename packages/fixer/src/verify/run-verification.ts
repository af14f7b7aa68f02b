// Runs build and tests on a fresh export of exactly one commit, by the commands and test settings of the base commit.
import type { Service } from '../domain/service.js';
import type { Check } from '../domain/verification.js';
import type { CheckPlan } from './choose-checks.js';
import { modulesEnclosure, placeModules, type InstalledModules } from './installed-modules.js';
import { runCheck, skippedCheck } from './run-check.js';
import type { VerifyDeps } from './verify-deps.js';

export interface ChecksRequest {
  service: Service;
  plan: CheckPlan;
  modules: InstalledModules;
  commit: string;
  /** Folder of the job; the export goes into `checks` below it, the same for base and candidate. */
  folder: string;
  /** Called on the export before anything is run. */
  arrange?: (folder: string) => Promise<void>;
  /** True to leave out the tests once the build has failed. */
  isBuildDecisive?: boolean;
}

export async function runChecks(deps: VerifyDeps, request: ChecksRequest, signal?: AbortSignal): Promise<Check[]> {
  const { service, plan, modules, commit, isBuildDecisive = false } = request;
  const folder = await exportFresh(deps, request);
  const enclosure = { ...modulesEnclosure(modules, folder), network: 'none' as const };
  const checks: Check[] = [];
  const short = commit.slice(0, 7);
  if (plan.build !== null) {
    deps.onProgress?.(`building ${short}`);
    const request = {
      name: 'build',
      command: plan.build,
      folder,
      enclosure,
      timeoutMs: service.buildTimeoutMs,
    } as const;
    checks.push((await runCheck(deps, request, signal)).check);
  }
  if (plan.test !== null) {
    if (isBuildDecisive && checks.some(({ status }) => status !== 'passed'))
      return [...checks, skippedCheck('test', plan.test)];
    deps.onProgress?.(`testing ${short}`);
    const request = { name: 'test', command: plan.test, folder, enclosure, timeoutMs: service.testTimeoutMs } as const;
    checks.push((await runCheck(deps, request, signal)).check);
  }
  return checks;
}

/** Writes the commit into an empty `checks` folder with the modules in place; answers that folder. */
export async function exportFresh(
  deps: VerifyDeps,
  {
    service,
    modules,
    commit,
    folder,
    arrange,
  }: Pick<ChecksRequest, 'service' | 'modules' | 'commit' | 'folder' | 'arrange'>,
): Promise<string> {
  const target = `${folder}/checks`;
  await deps.workspace.remove(target);
  await deps.workspace.makeFolder(target);
  await deps.repository.exportCommit(service.repoPath, commit, target);
  await arrange?.(target);
  await placeModules(deps, modules, target);
  // Without a box the home is a real folder and must be empty for each run.
  await deps.workspace.remove(`${target}-home`);
  return target;
}
