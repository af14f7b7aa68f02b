import { expect, it } from 'vitest';
import { newIncident, type Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { Service } from '../domain/service.js';
import { newJob } from '../job/new-job.js';
import type { FoundPullRequest } from '../ports/code-host.js';
import { gatherFacts } from './gather-facts.js';

const service = { name: 'shop', repoPath: '/r', baseBranch: 'main' } as Service;
const fingerprint = 'v1:0123456789abcdef' as const;

it('asks nobody about a first error but the code host', async () => {
  const { gather, asked } = setUp({});
  expect(await gather()).toMatchObject({ others: [], earlier: [], pullRequest: null, fixOnBase: null });
  expect(asked).toEqual(['find hotfix/auto-0123456789abcdef']);
});

it('finds an earlier fix on the base and whether the reported release has it', async () => {
  // base history: r1 - fix - r2; the branch release is on no way to the base.
  const history = ['r1', 'fix', 'r2'];
  const deployed = async (release: string | null, reverted = false) =>
    (await setUp({ earlier: [{ commit: 'fix' }], history, release, reverted }).gather()).fixOnBase;
  expect(await deployed('r1')).toEqual({ commit: 'fix', isDeployed: false });
  expect(await deployed('r2')).toEqual({ commit: 'fix', isDeployed: true });
  expect(await deployed('main')).toEqual({ commit: 'fix', isDeployed: null });
  expect(await deployed('branch')).toEqual({ commit: 'fix', isDeployed: null });
  expect(await deployed('1.4.2')).toEqual({ commit: 'fix', isDeployed: null });
  expect(await deployed(null)).toEqual({ commit: 'fix', isDeployed: null });
  expect(await deployed('r1', true)).toBeNull();
  expect((await setUp({ earlier: [{ commit: 'not-merged' }], history, release: 'r1' }).gather()).fixOnBase).toBeNull();
});

it('counts jobs under way and proposed fixes, and asks the code host only at the limit', async () => {
  const open = [
    { state: 'repairing' },
    { state: 'queued' },
    { state: 'verifying', service: 'mail' },
    { state: 'awaiting_approval', predecessor: { why: 'reviewed' } },
  ] as Partial<Job>[];
  const below = setUp({ open, proposed: 1, limit: 3 });
  expect((await below.gather()).openPullRequests).toBe(2);
  expect(below.asked).toHaveLength(1);
  const merged = setUp({ open, proposed: 5, limit: 3, states: ['merged', 'open', 'closed', 'closed', 'merged'] });
  expect((await merged.gather()).openPullRequests).toBe(2);
  const full = setUp({ open, proposed: 5, limit: 3, states: ['open', 'open', 'open', 'open', 'open'] });
  expect((await full.gather()).openPullRequests).toBe(3);
  expect((await setUp({ open, proposed: 9, canPush: false }).gather()).openPullRequests).toBe(1);
});

interface World {
  open?: Partial<Job>[];
  earlier?: Partial<Job>[];
  proposed?: number;
  limit?: number;
  canPush?: boolean;
  /** What the code host answers for each proposed fix. */
  states?: FoundPullRequest['state'][];
  /** Commits of the base branch, oldest first. */
  history?: string[];
  release?: string | null;
  reverted?: boolean;
}

function setUp({ open = [], earlier = [], proposed = 0, limit = 10, canPush = true, ...world }: World) {
  const asked: string[] = [];
  const { history = [], states = [], release = null } = world;
  const known = [...history, 'branch', 'not-merged'];
  const incident: Incident = { ...newIncident(report), release };
  const make = (patch: Partial<Job>, index: number): Job => ({
    ...newJob({ id: `job-${index}`, incident, baseBranch: 'main', now: 0 }),
    ...patch,
  });
  const job = make({}, 99);
  const gather = () =>
    gatherFacts(
      { job, incident, service, maxOpenPullRequests: limit },
      {
        store: {
          jobs: {
            listOpen: () => Promise.resolve([job, ...open.map(make)]),
            list: () => Promise.resolve({ items: [job, ...open.map(make)], next: null }),
            listByFingerprint: () => Promise.resolve([job, ...earlier.map(make)]),
          },
          incidents: {
            list: () => Promise.resolve({ items: Array.from({ length: proposed }, () => incident), next: null }),
          },
        },
        repository: {
          resolveBase: () => Promise.resolve({ commit: history.at(-1)!, isFetched: true, warning: null }),
          // Each is known under a tag; `main` is a branch, which moves and is therefore no release.
          resolveCommit: (_, name) => {
            const commit = name === 'main' ? 'r1' : name.replace('refs/tags/', '');
            return Promise.resolve(known.includes(commit) ? commit : null);
          },
          isAncestor: (_, ancestor, descendant) =>
            Promise.resolve(history.includes(ancestor) && history.indexOf(ancestor) <= history.indexOf(descendant)),
          findEqual: (_, commit) => Promise.resolve(history.includes(commit) ? commit : null),
          findRevert: () => Promise.resolve(world.reverted ? 'revert' : null),
        },
        codeHost: {
          canPush,
          find: (branch) => {
            asked.push(`find ${branch}`);
            const state = states[asked.length - 2];
            return Promise.resolve(state ? { number: 1, url: 'u', state, commit: 'not-here' } : null);
          },
        },
      },
    );
  return { gather, asked };
}

const report = {
  ...{ id: 'r', service: 'shop', environment: 'production', release: null, host: 'h', kind: 'error', fingerprint },
  ...{ severity: 'high', count: 1, firstSeenAt: '2026-03-01T12:00:00Z', lastSeenAt: '2026-03-01T12:00:00Z' },
  ...{ error: { type: 'E', message: 'm', stack: [] }, request: null, context: [] },
} as Parameters<typeof newIncident>[0];
