// Where a person is asked and told: Telegram, the terminal, the web.
import type { Flag } from '@levautofix/contract/job-view';
import type { JobResult } from '@levautofix/contract/job-state';
import type { Severity } from '@levautofix/contract/severity';

/** Everything a question shows. All text is plain and redacted; a channel escapes it for its own format. */
export interface ApprovalQuestion {
  jobId: string;
  nonce: string;
  /** Whether the question is about starting a repair or about a finished change. */
  kind: 'start' | 'change';
  severity: Severity;
  service: string;
  error: { type: string; message: string };
  /** Request path, or the top frame's file where there is none. */
  path: string | null;
  count: number;
  release: string | null;
  rootCause: string | null;
  summary: string | null;
  risk: string | null;
  result: JobResult | null;
  files: { path: string; linesAdded: number; linesDeleted: number }[];
  checks: { name: string; outcome: string; isGood: boolean; durationMs: number }[];
  flags: Flag[];
  /** Attempts, dollars and tokens, in words. */
  cost: string;
  /** `none` when nothing contained the agent. */
  sandbox: string;
  commit: string | null;
  diffHash: string | null;
  diff: string | null;
  expiresAt: number;
}

export interface DecisionInput {
  nonce: string;
  answer: 'approve' | 'skip' | 'feedback';
  /** Words of a person, with `feedback`. */
  text?: string;
  /** Who answered, such as `telegram:12345`. */
  by: string;
  /** Where the answered question stands: an answer may come before the reference that `ask` gave is stored. */
  shownAt?: { channel: string; reference: string };
}

/** What to tell the person who answered. `isAccepted` false means that nothing was changed. */
export interface DecisionAnswer {
  isAccepted: boolean;
  message: string;
}

export interface ApprovalChannel {
  readonly name: string;
  /** Begins to listen; every answer goes through `decide`. */
  start(decide: (input: DecisionInput) => Promise<DecisionAnswer>): Promise<void>;
  stop(): Promise<void>;
  /** Shows a question and answers a reference to find it again, such as `chat:message`. */
  ask(question: ApprovalQuestion): Promise<string>;
  /** Edits a shown question so that it tells what became of it; buttons disappear. */
  conclude(reference: string, question: ApprovalQuestion, outcome: string): Promise<void>;
  /** A message without a question, such as the report of a failed job. */
  notify(text: string): Promise<void>;
}
