// Makes one check of two runs of the same tests on the same commit, so that a test that wavers is not taken for a red one.
import type { Check } from '../domain/verification.js';
import { listNames } from './judge-verification.js';

/** A test counts as failed only when it failed in both runs; `wavering` names those that failed in one. */
export function combineRuns(first: Check, second: Check): { check: Check; wavering: string } {
  if (!first.failedTests || !first.passedTests || !second.failedTests || !second.passedTests) {
    const better = second.status === 'passed' ? second : first;
    return { check: { ...better, durationMs: first.durationMs + second.durationMs }, wavering: 'the test run' };
  }
  const failed = first.failedTests.filter((name) => second.failedTests?.includes(name));
  const passed = [...new Set([...first.passedTests, ...second.passedTests])];
  const wavering = [...first.failedTests, ...second.failedTests].filter((name) => !failed.includes(name));
  const isGreen =
    first.status === 'passed' || second.status === 'passed' || (failed.length === 0 && wavering.length > 0);
  return {
    check: {
      ...(second.status === 'passed' ? second : first),
      status: isGreen ? 'passed' : 'failed',
      durationMs: first.durationMs + second.durationMs,
      failedTests: failed,
      passedTests: passed,
    },
    wavering: listNames([...new Set(wavering)]),
  };
}
