import { describe, expect, it } from 'vitest';
import type { Fix } from '../domain/fix.js';
import type { Sighting } from '../domain/incident.js';
import { deployPatienceMs, judgeBuild } from './judge-build.js';
import { minSoakMs } from './soak-window.js';

const contains = (release: string | null) =>
  Promise.resolve(release === 'new' ? ('yes' as const) : release === 'old' ? ('no' as const) : ('unknown' as const));
const seen = (release: string | null, lastSeenAt: number, environment = 'production'): Sighting => ({
  release,
  environment,
  count: 1,
  firstSeenAt: 0,
  lastSeenAt,
});
const merged = { mergedAt: 1_000, deployedAt: null, soakUntil: null, resolvedAt: null } as Fix;
const soaking = { ...merged, deployedAt: 10_000, soakUntil: 20_000 };
const resolved = { ...soaking, resolvedAt: 20_000 };

function judge(
  state: 'merged' | 'soaking' | 'resolved',
  fix: Fix,
  sightings: Sighting[],
  signs: Sighting[],
  now: number,
) {
  return judgeBuild({ state, count: 10, firstSeenAt: 0, sightings }, fix, signs, contains, now);
}

describe('a merged fix', () => {
  it('is deployed once any report of the service comes from a build with it', async () => {
    const news = await judge('merged', merged, [seen('old', 5)], [seen('old', 5), seen('new', 1_500)], 2_000);
    expect(news).toEqual({ kind: 'deployed', release: 'new', soakUntil: 2_000 + minSoakMs });
  });

  it('is not deployed by builds that are old, unknown or run where the error never came', async () => {
    const signs = [seen('old', 1_500), seen(null, 1_500), seen('other', 1_500), seen('new', 1_500, 'staging')];
    expect(await judge('merged', merged, [seen('old', 5), seen(null, 1_500)], signs, 2_000)).toBeNull();
  });

  it('is asked about when nobody seems to deploy it', async () => {
    expect(await judge('merged', merged, [], [], 1_000 + deployPatienceMs)).toEqual({ kind: 'not_deployed' });
  });

  it('regressed when the very first word from the new build is the error itself', async () => {
    const news = await judge('merged', merged, [seen('old', 5), seen('new', 1_500)], [], 2_000);
    expect(news).toEqual({ kind: 'regressed', release: 'new' });
  });
});

describe('a soaking fix', () => {
  const old = [seen('old', 15_000)];

  it('is watched to the end of its window', async () => {
    expect(await judge('soaking', soaking, old, [seen('new', 19_000)], 19_999)).toBeNull();
    expect(await judge('soaking', soaking, old, [seen('new', 19_000)], 20_000)).toEqual({ kind: 'resolved' });
  });

  it('is unverifiable when the new build was last heard of early in the window', async () => {
    for (const sign of [seen('new', 14_999), seen('old', 19_000), seen(null, 19_000)])
      expect(await judge('soaking', soaking, old, [sign], 20_000)).toEqual({ kind: 'unverifiable' });
  });

  it('takes an unknown build for an old one', async () => {
    expect(await judge('soaking', soaking, [...old, seen('other', 16_000)], [], 17_000)).toBeNull();
  });
});

describe('a resolved error', () => {
  it('is back with a build that has the fix, or with an unknown one after the soak', async () => {
    for (const release of ['new', 'other', null])
      expect(await judge('resolved', resolved, [seen(release, 20_001)], [], 30_000)).toEqual({
        kind: 'regressed',
        release,
      });
  });

  it('is not back with an old build, nor with what was seen before', async () => {
    expect(await judge('resolved', resolved, [seen('old', 25_000), seen(null, 19_000)], [], 30_000)).toBeNull();
  });
});
