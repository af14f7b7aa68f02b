// Reads off how an attempt ended from what the agent said and what the worktree shows. The worktree decides.
import type { AttemptOutcome } from '@levautofix/contract/job-view';
import type { Flag } from '@levautofix/contract/job-view';
import type { Candidate } from '../domain/job.js';
import type { RepairOutcome } from '../ports/coding-agent.js';

export interface ReadOutcome {
  /** Null while the change still has to be verified. */
  outcome: AttemptOutcome | null;
  /** For a person and for the next attempt. */
  reason: string | null;
}

export function readOutcome(said: RepairOutcome, candidate: Candidate | null, refusals: readonly Flag[]): ReadOutcome {
  if (said.kind === 'timeout') return { outcome: 'timeout', reason: 'The agent ran out of time and was ended.' };
  if (said.kind === 'failed') return { outcome: 'failed', reason: said.reason };
  if (said.kind === 'declined') return { outcome: 'declined', reason: said.reason };
  if (!candidate)
    return { outcome: 'no_change', reason: 'The agent ended without changing a file and without a reason.' };
  if (refusals.length > 0) return { outcome: 'refused', reason: `The change was refused: ${describeFlags(refusals)}` };
  return { outcome: null, reason: null };
}

function describeFlags(flags: readonly Flag[]): string {
  const shown = flags
    .slice(0, 10)
    .map(({ file, line, note }) => (note.includes(file) ? note : `${file}${line ? `:${line}` : ''}: ${note}`));
  const rest = flags.length > shown.length ? ` And ${flags.length - shown.length} more.` : '';
  return shown.join(' ') + rest;
}
