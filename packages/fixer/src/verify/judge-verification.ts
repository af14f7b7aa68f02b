// The verdict on a change from its checks and those of the base commit: what was red before does not count, new red and vanished tests do.
import type { Check } from '../domain/verification.js';

export interface Judgement {
  isPassed: boolean;
  /** For a person and for the next attempt; null when there is nothing to say. */
  reason: string | null;
  /** Tests that passed or were not there on the base and fail now. */
  newlyFailed: string[];
}

export function judgeVerification(baseline: readonly Check[], candidate: readonly Check[]): Judgement {
  const remarks: string[] = [];
  for (const check of candidate) {
    const before = baseline.find(({ name }) => name === check.name);
    const judged = judgeCheck(before, check);
    if (!judged.isPassed) return judged;
    if (judged.reason !== null) remarks.push(judged.reason);
  }
  if (candidate.length === 0) {
    remarks.push('No build or test command is known for this service, so nothing was run on the change.');
  }
  return { isPassed: true, reason: remarks.join(' ') || null, newlyFailed: [] };
}

function judgeCheck(before: Check | undefined, check: Check): Judgement {
  const pass = (reason: string | null = null): Judgement => ({ isPassed: true, reason, newlyFailed: [] });
  const fail = (reason: string, newlyFailed: string[] = []): Judgement => ({ isPassed: false, reason, newlyFailed });
  const isRed = check.status !== 'passed';
  const wasRed = before !== undefined && before.status !== 'passed';
  const subject = check.name === 'build' ? 'The build' : 'The test run';

  if (before?.failedTests && before.passedTests) {
    if (check.status === 'timeout' && before.status !== 'timeout') return fail(`${subject} did not end in time.`);
    if (!check.failedTests || !check.passedTests) {
      return fail(`${subject} ended with ${check.exitCode} without naming its tests, which it did on the base commit.`);
    }
    const newlyFailed = without(check.failedTests, before.failedTests);
    if (newlyFailed.length > 0) {
      return fail(`${count(newlyFailed, 'test')} that did not fail before: ${listNames(newlyFailed)}.`, newlyFailed);
    }
    const present = [...check.passedTests, ...check.failedTests];
    const expected = [...before.passedTests, ...before.failedTests.filter((name) => !isFile(name))];
    const vanished = without(expected, present).filter(
      (name) => !isCoveredByFile(name, check.passedTests ?? [], present),
    );
    if (vanished.length > 0) return fail(`${count(vanished, 'test')} no longer run: ${listNames(vanished)}.`);
  }
  if (isRed && !wasRed) {
    if (check.status === 'timeout') return fail(`${subject} did not end in time.`);
    return fail(`${subject} failed with exit code ${check.exitCode}; it passed on the base commit.`);
  }
  if (!isRed) return pass(check.passedTests?.length === 0 && check.name === 'test' ? 'No test was run at all.' : null);
  if (check.failedTests?.length) {
    return pass(`${count(check.failedTests, 'test')} failed on the base commit too: ${listNames(check.failedTests)}.`);
  }
  const how = before?.status === 'timeout' ? 'did not end in time' : 'was already failing';
  return pass(`${subject} ${how} on the base commit, so it says nothing about this change.`);
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  const titles = new Set(others.map(titleInFile));
  return names.filter((name) => !known.has(name) && !titles.has(name) && !known.has(titleInFile(name) ?? name));
}

/** ava puts the file before a title only when there is more than one file, so adding a file renames the tests of the first. */
function titleInFile(name: string): string | null {
  const at = name.indexOf(' › ');
  return at < 0 ? null : name.slice(at + 3);
}

/** A file that fails to load is reported as one failing test; once it loads, its tests take its place. */
function isFile(name: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(name);
}

/** Some reports name the tests of a file only while one of them fails, and the file alone once all pass. */
function isCoveredByFile(name: string, passed: readonly string[], present: readonly string[]): boolean {
  return passed.some(
    (file) => isFile(file) && name.startsWith(`${file} > `) && !present.some((other) => other.startsWith(`${file} > `)),
  );
}

function count(names: readonly string[], noun: string): string {
  const leaves = leafNames(names).length;
  return `${leaves} ${noun}${leaves === 1 ? '' : 's'}`;
}

/** Suites fail along with their children, who are what a reader wants to know. */
export function leafNames(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((other) => other.startsWith(`${name} > `)));
}

export function listNames(names: readonly string[], limit = 5): string {
  const leaves = leafNames(names);
  const shown = leaves.slice(0, limit).map((name) => `"${name.slice(0, 200)}"`);
  return leaves.length > limit ? `${shown.join(', ')} and ${leaves.length - limit} more` : shown.join(', ');
}
