// A verification: the checks run on one commit, and the verdict drawn from them.
import type { CheckView } from '@levautofix/contract/job-view';
import type { JobResult } from '@levautofix/contract/job-state';

export const checkNames = [
  'install',
  'build',
  'test',
  'base tests on fix',
  'proof on release',
  'proof on base',
  'proof on fix',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface Check {
  name: CheckName;
  status: CheckView['status'];
  durationMs: number;
  /** The command line, for a person to run again. */
  command: string;
  exitCode: number | null;
  /** End of the output, redacted and bounded. */
  output: string;
  /** Names of failing tests where the runner's output is understood; null where it is not. */
  failedTests: string[] | null;
  /** Names of tests that passed, likewise. */
  passedTests: string[] | null;
}

/** How a check ended in words for a person, and whether that is good: a proof has to fail where the fix is missing. */
export function checkOutcome({ name, status }: Pick<Check, 'name' | 'status'>): { words: string; isGood: boolean } {
  if (name !== 'proof on base' && name !== 'proof on release') return { words: status, isGood: status === 'passed' };
  return status === 'failed' ? { words: 'failed, as it should', isGood: true } : { words: status, isGood: false };
}

export type Verdict =
  | {
      isPassed: true;
      result: Extract<JobResult, 'proven' | 'verified'>;
      /** What a person should know before trusting it: why it is no more than verified, tests that wavered; null for nothing. */
      reason: string | null;
      checks: Check[];
    }
  | { isPassed: false; reason: string; checks: Check[] };
