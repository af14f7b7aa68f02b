// What the end of a job means for its incident. Pure.
import type { IncidentState, TerminalState } from '@levautofix/contract/job-state';

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

export function incidentOutcome(state: TerminalState): IncidentState {
  return outcomes[state];
}
