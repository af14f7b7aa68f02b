import { isTerminal, jobStates, terminalStates, workingStates, type JobState } from '@levautofix/contract/job-state';
import { describe, expect, it } from 'vitest';
import { jobEvents, stateTable } from './state-table.js';

const edges = jobStates.flatMap((from) =>
  Object.entries(stateTable[from] as Record<string, JobState>).map(([event, to]) => ({ from, event, to })),
);

describe('the state table', () => {
  it('gives terminal states no way out and working states at least one', () => {
    for (const state of terminalStates) expect(Object.keys(stateTable[state])).toEqual([]);
    for (const state of workingStates) expect(Object.keys(stateTable[state]).length).toBeGreaterThan(0);
  });

  it('reaches every state from queued', () => {
    expect([...reachable('queued')].sort()).toEqual([...jobStates].sort());
  });

  it('can end from every working state', () => {
    for (const state of workingStates) expect([...reachable(state)].some(isTerminal)).toBe(true);
  });

  it('publishes nothing that was not verified and approved', () => {
    for (const needed of ['verifying', 'awaiting_approval'] as const) {
      expect(reachable('queued', needed).has('publishing')).toBe(false);
    }
  });

  it('uses every event', () => {
    expect(new Set(edges.map(({ event }) => event))).toEqual(new Set(jobEvents));
  });
});

function reachable(from: JobState, without?: JobState): Set<JobState> {
  const seen = new Set<JobState>([from]);
  for (const state of seen) {
    for (const edge of edges) if (edge.from === state && edge.to !== without) seen.add(edge.to);
  }
  return seen;
}
