// The proof: the regression test fails where the error happened and on the base commit, for the reported reason, and passes on the fix
// every time.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Service } from '../domain/service.js';
import type { Check, CheckName } from '../domain/verification.js';
import { readManifest } from './choose-checks.js';
import { modulesEnclosure, packageFolders } from './installed-modules.js';
import { doesNotLoad, judgeBaseRun, judgeProof, judgeReleaseRun } from './judge-proof.js';
import type { PreparedBase } from './prepare-base.js';
import { runCheck } from './run-check.js';
import { exportFresh } from './run-verification.js';
import { oneFileCommand } from './test-runner.js';
import type { VerifyDeps } from './verify-deps.js';

type ProofName = Extract<CheckName, `proof ${string}`>;

/** A test that passes by luck seldom does so this often. */
const runsOnFix = 5;

export interface Proof {
  isProven: boolean;
  /** Why it is not proven; null when it is. */
  reason: string | null;
  checks: Check[];
}

export interface ProofRequest {
  service: Service;
  base: PreparedBase;
  commit: string;
  /** The tests that the commit adds or edits, with what lies beside them: they are laid over the base. */
  tests: readonly string[];
  /** Untrusted path, relative to the repository. */
  regressionTest: string | null;
  error: LoggedError;
  /** The commit in which the error happened; null when it is not known. */
  failingCommit: string | null;
  folder: string;
  /** Lays the rules of the base commit over an export. */
  arrange: (folder: string) => Promise<void>;
}

export async function prove(deps: VerifyDeps, request: ProofRequest, signal?: AbortSignal): Promise<Proof> {
  const { service, base, commit, folder, error, arrange } = request;
  const testPath = cleanPath(request.regressionTest);
  if (request.regressionTest === null) return unproven('No regression test was written, so the fix is not proven.');
  const testText = testPath === null ? null : await deps.repository.readFile(service.repoPath, commit, testPath);
  if (testPath === null || testText === null) {
    return unproven('The regression test that was named is not part of the change.');
  }
  const way = await chooseWay(deps, request, testPath, testText);
  if (way === null)
    return unproven('It is not known how this service runs a single test file, so the fix is not proven.');

  const run = async (name: ProofName, exported: string): Promise<Check> => {
    const cwd = way.packagePath === '.' ? exported : `${exported}/${way.packagePath}`;
    const enclosure = { ...modulesEnclosure(base.modules, exported), network: 'none' as const };
    const timeoutMs = service.testTimeoutMs;
    return (await runCheck(deps, { name, command: way.command, folder: exported, cwd, enclosure, timeoutMs }, signal))
      .check;
  };
  const at = { service, modules: base.modules, folder };
  const build = async (exported: string): Promise<boolean> => {
    const { build: command } = base.plan;
    if (command === null) return false;
    const enclosure = { ...modulesEnclosure(base.modules, exported), network: 'none' as const };
    const timeoutMs = service.buildTimeoutMs;
    await runCheck(deps, { name: 'build', command, folder: exported, enclosure, timeoutMs }, signal);
    return true;
  };

  const layTests = async (target: string) => {
    for (const path of new Set([...request.tests, testPath])) {
      const text = await deps.repository.readFile(service.repoPath, commit, path);
      if (text !== null) await deps.workspace.writeText(`${target}/${path}`, text);
    }
  };
  const checked = `${folder}/checks`;
  const runWithout = async (name: ProofName, without: string): Promise<{ check: Check; isBuilt: boolean }> => {
    deps.onProgress?.(`running the regression test on ${without.slice(0, 7)}, without the fix`);
    await exportFresh(deps, { ...at, commit: without, arrange: layTests });
    const check = await run(name, checked);
    // A test may stand on what the build makes of the sources.
    const isBuilt = doesNotLoad(check, testPath) && (await build(checked));
    return { check: isBuilt ? await run(name, checked) : check, isBuilt };
  };
  const { failingCommit } = request;
  // With the dependencies of the base: where those are too different the run says nothing, and nothing is held against the fix.
  const onRelease =
    failingCommit === null || failingCommit === base.baseCommit
      ? null
      : (await runWithout('proof on release', failingCommit)).check;
  const { check: onBase, isBuilt } = await runWithout('proof on base', base.baseCommit);
  const evidence = { onBase, testPath, testText, error, folder: checked };
  const runsWithout = onRelease === null ? [onBase] : [onRelease, onBase];
  const early = (onRelease && judgeReleaseRun({ ...evidence, onRelease })) ?? judgeBaseRun(evidence);
  if (early !== null) return { isProven: false, reason: early, checks: runsWithout };

  deps.onProgress?.(`running the regression test on the fix, ${runsOnFix} times`);
  const onFix: Check[] = [];
  const kept = `${folder}/built`;
  while (onFix.length < runsOnFix && onFix.every(({ status }) => status !== 'timeout')) {
    if (isBuilt && onFix.length > 0) {
      await deps.workspace.remove(checked);
      await deps.workspace.copyFolder(kept, checked);
    } else await exportFresh(deps, { ...at, commit, arrange });
    if (isBuilt && onFix.length === 0) {
      await build(checked);
      await deps.workspace.remove(kept);
      await deps.workspace.copyFolder(checked, kept);
    }
    onFix.push(await run('proof on fix', checked));
  }
  await deps.workspace.remove(kept);
  const reason = judgeProof({ ...evidence, onFix });
  return { isProven: reason === null, reason, checks: [...runsWithout, sumUp(onFix)] };
}

function unproven(reason: string): Proof {
  return { isProven: false, reason, checks: [] };
}

/** The nearest package with a test script that can run one file; the root's configured command else. */
async function chooseWay(
  { repository }: VerifyDeps,
  { service, base }: ProofRequest,
  testPath: string,
  testText: string,
): Promise<{ command: string; packagePath: string } | null> {
  const files = await repository.listFiles(service.repoPath, base.baseCommit);
  const packages = packageFolders(files)
    .filter((path) => path === '.' || testPath.startsWith(`${path}/`))
    .toSorted((a, b) => b.length - a.length || (a === '.' ? 1 : -1));
  for (const packagePath of packages) {
    const prefix = packagePath === '.' ? '' : `${packagePath}/`;
    const text = await repository.readFile(service.repoPath, base.baseCommit, `${prefix}package.json`);
    const configured = packagePath === '.' ? service.testCommand : undefined;
    for (const script of [configured, readManifest(text)?.scripts.test]) {
      const command = script === undefined ? null : oneFileCommand(script, testPath.slice(prefix.length));
      if (command !== null) return { command, packagePath };
    }
  }
  // A test that brings its own runner needs no script.
  const own = /['"]node:test['"]/.test(testText) ? oneFileCommand('node --test', testPath) : null;
  return own === null ? null : { command: own, packagePath: '.' };
}

function cleanPath(path: string | null): string | null {
  const clean = path?.trim().replace(/^(?:\.\/)+/, '') ?? '';
  const isInside =
    clean !== '' &&
    !clean.startsWith('/') &&
    clean.split('/').every((part) => part !== '' && part !== '..' && part !== '.');
  return isInside ? clean : null;
}

/** One check for all runs: the first that is not green, else the last. */
function sumUp(runs: readonly Check[]): Check {
  const shown = runs.find(({ status }) => status !== 'passed') ?? runs.at(-1)!;
  return { ...shown, durationMs: runs.reduce((sum, { durationMs }) => sum + durationMs, 0) };
}
