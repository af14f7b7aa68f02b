// An attempt: one repair by one rung of the ladder, and its verification.
import type { AttemptOutcome } from '@levautofix/contract/job-view';
import type { Check } from './verification.js';

export const rungs = ['claude-code', 'codex', 'ollama', 'command'] as const;
export type Rung = (typeof rungs)[number];

export interface Attempt {
  /** 1-based position on the ladder. */
  number: number;
  rung: Rung;
  outcome: AttemptOutcome;
  /** One or two sentences for a person and for the next attempt: why it ended as it did. */
  reason: string | null;
  usd: number | null;
  tokens: number | null;
  durationMs: number;
  /** Session of the agent, for a rung that can continue it. */
  sessionId: string | null;
  checks: Check[];
  /** What the agent left in the worktree, as a commit that no branch holds; null when nothing was changed. */
  commit: string | null;
  /** The proposed diff, cut to a bound; null when nothing was changed. */
  diff: string | null;
  rootCause: string | null;
}
