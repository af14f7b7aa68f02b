// A fix: what became of a published change, from its pull request to production and back.
import type { PullRequestView } from '@levautofix/contract/job-view';
import type { Rung } from './attempt.js';

/** Times are milliseconds since the Unix epoch; null until it happened. */
export interface Fix {
  /** The newest job that pushed to the pull request. */
  jobId: string;
  /** Who wrote the change. */
  rung: Rung | null;
  pullRequest: PullRequestView;
  branch: string;
  baseBranch: string;
  commit: string;
  /** Set once a person put commits of their own on the branch: nothing is pushed to it any more. */
  handsOffAt: number | null;
  closedAt: number | null;
  mergedAt: number | null;
  /** The commit that brought it to the base branch. */
  mergeCommit: string | null;
  deployedAt: number | null;
  deployedRelease: string | null;
  soakUntil: number | null;
  resolvedAt: number | null;
  regressedAt: number | null;
  /** The build in which the error was seen again; null when the report named none. */
  regressedRelease: string | null;
  revertedAt: number | null;
  /** When the fixer set out to merge it by itself; null, or absent in what was stored by older versions, when a person decides. */
  autoMergedAt?: number | null;
  /** The pull request that takes an automatic merge back. */
  revert?: PullRequestView | null;
}

/** Nothing has become of it yet. */
export const untouchedFix = {
  handsOffAt: null,
  closedAt: null,
  mergedAt: null,
  mergeCommit: null,
  deployedAt: null,
  deployedRelease: null,
  soakUntil: null,
  resolvedAt: null,
  regressedAt: null,
  regressedRelease: null,
  revertedAt: null,
  autoMergedAt: null,
  revert: null,
} as const satisfies Partial<Fix>;

/** What a pull request came to, in the words of its reviewer. */
export type FixOutcome = 'open' | 'merged_as_is' | 'merged_edited' | 'closed';

export function fixOutcome(fix: Fix): FixOutcome {
  if (fix.mergedAt !== null) return fix.handsOffAt === null ? 'merged_as_is' : 'merged_edited';
  return fix.closedAt === null ? 'open' : 'closed';
}

/** A pull request is one fix until it is merged; a host without numbers of its own may use one again after that. */
export function isSameFix(known: Fix, fix: Pick<Fix, 'jobId' | 'pullRequest'>): boolean {
  const isSamePull = known.pullRequest.number === fix.pullRequest.number;
  return isSamePull && (known.jobId === fix.jobId || known.mergedAt === null);
}
