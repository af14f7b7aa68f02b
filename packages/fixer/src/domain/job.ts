// A job: the work to fix one incident. It owns one branch and one worktree.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { JobResult, JobState } from '@levautofix/contract/job-state';
import type { Flag, PullRequestView } from '@levautofix/contract/job-view';
import type { Severity } from '@levautofix/contract/severity';
import type { Attempt } from './attempt.js';
import type { Change, Proposal } from './change.js';
import type { Predecessor } from './predecessor.js';
import type { Check } from './verification.js';

/** Times are milliseconds since the Unix epoch. */
export interface Job {
  id: string;
  incidentId: string;
  fingerprint: Fingerprint;
  service: string;
  severity: Severity;
  state: JobState;
  result: JobResult | null;
  reason: string | null;
  flags: Flag[];
  branch: string;
  baseBranch: string;
  baseCommit: string | null;
  /** Checks on the untouched base commit: what was already red does not count against a change. */
  baseline: Check[] | null;
  attempts: Attempt[];
  /** Proposed by the running attempt and not yet verified. */
  candidate: Candidate | null;
  /** The commit that passed verification; the only one that may be approved and pushed. */
  commit: string | null;
  diffHash: string | null;
  /** Facts about the verified change, computed by the fixer and not by the agent. */
  change: Change | null;
  proposal: Proposal | null;
  approval: ApprovalRequest | null;
  /** What a person wrote instead of approving, oldest first. */
  feedback: string[];
  /** The published fix that this job makes better; null for the first job of an error. */
  predecessor: Predecessor | null;
  pullRequest: PullRequestView | null;
  /** When it was let start; null while it waits for its turn. */
  admittedAt: number | null;
  /** The job whose question stands for this one too: its own id when it is the one that asks; null outside a storm of errors. */
  askedWith: string | null;
  /** How often a worker died or lost its lease in the present state; a poison job is stopped by it. */
  crashes: number;
  /** How often the present state was put off in a row by a passing fault; sets the waiting time and has a limit of its own. */
  deferrals: number;
  leasedBy: string | null;
  leasedUntil: number | null;
  /** Grows with every claim; a write with an older number is refused. */
  fence: number;
  /** A worker leaves the job alone before this moment. */
  notBefore: number;
  /** Grows with every write. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

export interface Candidate {
  commit: string;
  diffHash: string;
  change: Change;
  proposal: Proposal;
}

export interface ApprovalRequest {
  /** 128 random bits in base64url: what a button carries, looked up here, valid once. */
  nonce: string;
  commit: string | null;
  diffHash: string | null;
  askedAt: number;
  expiresAt: number;
  /** Where the question was shown: one entry per channel, such as `telegram: "chat:message"`. */
  shownAt: Record<string, string>;
  decision: { answer: 'approve' | 'skip' | 'feedback'; by: string; at: number } | null;
}

/** One row of a job's timeline; every transition writes exactly one. */
export interface HistoryEntry {
  jobId: string;
  /** The job's version after the write. */
  version: number;
  at: number;
  event: string;
  from: JobState;
  to: JobState;
  note: string | null;
}
