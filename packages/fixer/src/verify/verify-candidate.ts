// Verifies one proposed commit: build and tests against the base commit, a second run for tests that waver, and the proof.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Service } from '../domain/service.js';
import type { Verdict } from '../domain/verification.js';
import { layBaseRules } from './base-rules.js';
import { changedTests, type ChangedPath, layBaseTests, needsBaseTests, readBaseTests } from './base-tests.js';
import { readManifest } from './choose-checks.js';
import { combineRuns } from './combine-runs.js';
import { packageFolders } from './installed-modules.js';
import { judgeVerification } from './judge-verification.js';
import type { PreparedBase } from './prepare-base.js';
import { prove } from './prove.js';
import { runChecks } from './run-verification.js';
import type { VerifyDeps } from './verify-deps.js';

export interface CandidateRequest {
  service: Service;
  base: PreparedBase;
  /** The proposed commit; exactly this one is exported and checked. */
  commit: string;
  /** The files that the commit changes. */
  changed: readonly ChangedPath[];
  /** Path of the regression test as the agent names it, relative to the repository; null for none. Untrusted. */
  regressionTest: string | null;
  /** The error that was reported, which a proof has to show. */
  error: LoggedError;
  /** The commit in which the error happened; null when it is not known. */
  failingCommit: string | null;
  /** The folder that `prepareBase` was given. */
  folder: string;
}

/** The verdict, and for a failed one the tests that turned red, for the summary that the next attempt gets. */
export type CandidateVerdict = Verdict & { newlyFailed: string[] };

export async function verifyCandidate(
  deps: VerifyDeps,
  request: CandidateRequest,
  signal?: AbortSignal,
): Promise<CandidateVerdict> {
  const { service, base, commit, folder } = request;
  const packages = packageFolders(await deps.repository.listFiles(service.repoPath, base.baseCommit));
  const arrange = (target: string) => layBaseRules(deps.workspace, base.modules.folder, target, packages);
  const run = (plan: PreparedBase['plan'], lay: (target: string) => Promise<void> = arrange) =>
    runChecks(
      deps,
      {
        service,
        plan,
        modules: base.modules,
        commit,
        folder,
        arrange: lay,
        isBuildDecisive: base.baseline.every(({ name, status }) => name !== 'build' || status === 'passed'),
      },
      signal,
    );

  let checks = await run(base.plan);
  let judgement = judgeVerification(base.baseline, checks);
  const remarks: string[] = [];
  const first = checks.find(({ name }) => name === 'test');
  if (!judgement.isPassed && first?.status === 'failed') {
    deps.onProgress?.('running the tests again: new ones failed');
    const again = await run(base.plan);
    const second = again.find(({ name }) => name === 'test');
    if (second) {
      const { check, wavering } = combineRuns(first, second);
      checks = checks.map((other) => (other === first ? check : other));
      judgement = judgeVerification(base.baseline, checks);
      if (judgement.isPassed) remarks.push(`Failed once and passed when run again: ${wavering}.`);
    }
  }
  if (!judgement.isPassed) {
    return { isPassed: false, reason: judgement.reason ?? '', checks, newlyFailed: judgement.newlyFailed };
  }
  if (judgement.reason !== null) remarks.push(judgement.reason);

  const baseTests = await readBaseTests(deps, service, base.baseCommit, changedTests(request.changed));
  const manifest = readManifest(await deps.repository.readFile(service.repoPath, base.baseCommit, 'package.json'));
  if (needsBaseTests(baseTests, base.plan, service.testCommand ?? manifest?.scripts.test ?? '')) {
    deps.onProgress?.('running the tests of the base commit on the fix');
    const old = await run(base.plan, async (target) => {
      await arrange(target);
      await layBaseTests(deps, target, baseTests);
    });
    const held = judgeVerification(base.baseline, old);
    const ofTests = old.filter(({ name }) => name === 'test');
    checks = [...checks, ...ofTests.map((check) => ({ ...check, name: 'base tests on fix' as const }))];
    if (!held.isPassed) {
      const reason = `The tests as they were on the base commit: ${held.reason ?? ''}`;
      return { isPassed: false, reason, checks, newlyFailed: held.newlyFailed };
    }
  }

  const proof = await prove(deps, { ...request, tests: [...baseTests.keys()], arrange }, signal);
  if (proof.reason !== null) remarks.push(proof.reason);
  return {
    isPassed: true,
    result: proof.isProven ? 'proven' : 'verified',
    reason: remarks.join(' ') || null,
    checks: [...checks, ...proof.checks],
    newlyFailed: [],
  };
}
