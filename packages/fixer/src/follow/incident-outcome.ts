// What the end of a job means for its incident. Pure.
import type { IncidentState, TerminalState } from '@levautofix/contract/job-state';
import type { Job } from '../domain/job.js';

const outcomes = {
  published: 'fix_proposed',
  // A person said no to this error, not merely to this change: it stays quiet until somebody says otherwise.
  rejected: 'skipped',
  declined: 'needs_person',
  expired: 'needs_person',
  exhausted: 'needs_person',
  failed: 'needs_person',
  cancelled: 'needs_person',
  superseded: 'fix_proposed',
} as const satisfies Record<TerminalState, IncidentState>;

/** `siblings`: the jobs of the same error. */
export function incidentOutcome(
  state: TerminalState,
  siblings: readonly Pick<Job, 'state' | 'pullRequest'>[],
): IncidentState {
  // Somebody else's fix that no job of ours has published is followed by nobody here: it must not be waited for in silence.
  const isFollowed = siblings.some((job) => job.state === 'published' && job.pullRequest !== null);
  return state === 'superseded' && !isFollowed ? 'needs_person' : outcomes[state];
}
