// Makes the base commit ready to be compared with: its export, its installed modules, and its checks before any change.
import { createHash } from 'node:crypto';
import { Fault } from '@levautofix/service-kit/fault';
import type { Service } from '../domain/service.js';
import type { Check } from '../domain/verification.js';
import { combineRuns } from './combine-runs.js';
import { chooseChecks, readManifest, type CheckPlan } from './choose-checks.js';
import { cacheFolders, modulesPath, packageFolders, type InstalledModules } from './installed-modules.js';
import { runCheck } from './run-check.js';
import { runChecks } from './run-verification.js';
import type { VerifyDeps } from './verify-deps.js';

export interface PrepareRequest {
  service: Service;
  baseCommit: string;
  /** Folder of this job for work in progress; what an earlier run for another base left there is removed. */
  folder: string;
}

export interface PreparedBase {
  baseCommit: string;
  plan: CheckPlan;
  modules: InstalledModules;
  /** Checks on the untouched base: what was already red does not count against a change. */
  baseline: Check[];
}

/**
 * Safe to repeat: finished work for the same base and commands is found again after a restart. Rejects with a Fault when the
 * dependencies of the base commit cannot be installed (retryable when the network seems to be the reason).
 */
export async function prepareBase(
  deps: VerifyDeps,
  request: PrepareRequest,
  signal?: AbortSignal,
): Promise<PreparedBase> {
  const { service, baseCommit, folder } = request;
  const { workspace, repository } = deps;
  const notePath = `${folder}/prepared.json`;
  const key = keyOf(request);
  const earlier = readNote(await workspace.readText(notePath), key);
  if (earlier && (await workspace.isFolder(earlier.modules.folder))) return earlier;

  await workspace.remove(folder);
  const base = `${folder}/base`;
  await workspace.makeFolder(base);
  await repository.exportCommit(service.repoPath, baseCommit, base);
  const plan = chooseChecks(
    service,
    readManifest(await workspace.readText(`${base}/package.json`)),
    await workspace.list(base),
  );
  const packages = packageFolders(await repository.listFiles(service.repoPath, baseCommit));
  const installed = await install(deps, request, plan, base, packages, signal);
  const modules = await findModules(deps, base, packages);
  const run = (plan: CheckPlan) => runChecks(deps, { service, plan, modules, commit: baseCommit, folder }, signal);
  let checks = await run(plan);
  for (const check of checks) refuseMissingCommand(check);
  const red = checks.find(({ name, status }) => name === 'test' && status === 'failed');
  if (red) {
    // A test that wavers and happened to fail here would excuse a change that really breaks it.
    const again = (await run(plan)).find(({ name }) => name === 'test');
    if (again) checks = checks.map((check) => (check === red ? combineRuns(red, again).check : check));
  }
  const prepared = { baseCommit, plan, modules, baseline: [...installed, ...checks] };
  await workspace.writeText(notePath, JSON.stringify({ key, prepared }));
  return prepared;
}

async function install(
  deps: VerifyDeps,
  { service, baseCommit }: PrepareRequest,
  plan: CheckPlan,
  base: string,
  packages: string[],
  signal?: AbortSignal,
): Promise<Check[]> {
  if (plan.install === null) return [];
  if (service.installCommand === undefined && (await reuseModules(deps, service.repoPath, plan, base, packages))) {
    return [];
  }
  deps.onProgress?.(`installing dependencies of ${baseCommit.slice(0, 7)}`);
  const { check } = await runCheck(
    deps,
    {
      name: 'install',
      command: plan.install,
      folder: base,
      enclosure: { network: 'open' },
      timeoutMs: service.installTimeoutMs,
    },
    signal,
  );
  if (check.status === 'passed') return [check];
  const isNetwork =
    check.status === 'timeout' || /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(check.output);
  throw new Fault({
    code: 'dependencies_unavailable',
    message: `The dependencies of the base commit could not be installed: "${plan.install}" ${
      check.status === 'timeout' ? `took longer than ${service.installTimeoutMs} ms` : `ended with ${check.exitCode}`
    }. Its last words: ${check.output.trim().split('\n').slice(-3).join(' / ').slice(-400)}`,
    remedy: 'Install them in the checkout, which is then reused, or set INSTALL_COMMAND or INSTALL_TIMEOUT_MS.',
    isRetryable: isNetwork,
  });
}

/** The shell's words for a command that is not there: this machine's fault, and nothing that a change could be measured by. */
function refuseMissingCommand({ name, exitCode, command, output }: Check): void {
  if (exitCode !== 127) return;
  const said =
    output
      .trim()
      .split('\n')
      .findLast((line) => /not found/.test(line)) ?? '';
  throw new Fault({
    code: 'check_command_missing',
    message: `The ${name} command of the base commit cannot be run here: "${command}"${said ? ` (${said.trim().slice(0, 200)})` : ''}.`,
    remedy: `Install what it needs, or set INSTALL_COMMAND or ${name === 'build' ? 'BUILD_COMMAND' : 'TEST_COMMAND'}.`,
  });
}

/** The checkout's own modules serve when they were installed from the same lockfile: fast, and no network is needed. */
async function reuseModules(
  { workspace, sandbox }: VerifyDeps,
  repoPath: string,
  { lockfile }: CheckPlan,
  base: string,
  packages: string[],
): Promise<boolean> {
  const witness = lockfile ?? 'package.json';
  const [ours, theirs] = [
    await workspace.readText(`${base}/${witness}`),
    await workspace.readText(`${repoPath}/${witness}`),
  ];
  if (ours === null || ours !== theirs || !(await workspace.isFolder(modulesPath(repoPath, '.')))) return false;
  for (const path of packages) {
    const from = modulesPath(repoPath, path);
    const to = modulesPath(base, path);
    if (!(await workspace.isFolder(from)) || (await workspace.isFolder(to))) continue;
    // The box lays them in read-only; without it a test could write through a link into the user's checkout.
    await (sandbox.kind === 'none' ? workspace.copyFolder(from, to) : workspace.shareFolder(from, to));
  }
  return true;
}

async function findModules({ workspace }: VerifyDeps, base: string, packages: string[]): Promise<InstalledModules> {
  const modules: InstalledModules = { folder: base, packages: [] };
  for (const path of packages) {
    const folder = modulesPath(base, path);
    if (!(await workspace.isFolder(folder))) continue;
    modules.packages.push(path);
    for (const cache of cacheFolders) await workspace.makeFolder(`${folder}/${cache}`);
  }
  return modules;
}

function keyOf({ service, baseCommit }: PrepareRequest): string {
  const { installCommand, buildCommand, testCommand, repoPath } = service;
  const facts = JSON.stringify([baseCommit, repoPath, installCommand, buildCommand, testCommand]);
  return createHash('sha256').update(facts).digest('hex');
}

function readNote(text: string | null, key: string): PreparedBase | null {
  try {
    const note = JSON.parse(text ?? 'null') as { key: string; prepared: PreparedBase } | null;
    return note?.key === key ? note.prepared : null;
  } catch {
    return null;
  }
}
