// What the builds that were seen mean for a merged fix: deployed, back again, resolved, or not to be told. Pure but for the lookup.
import type { Fix } from '../domain/fix.js';
import type { Incident, Sighting } from '../domain/incident.js';
import type { ContainsFix } from './builds.js';
import { soakWindowMs } from './soak-window.js';

export type BuildNews =
  | { kind: 'regressed'; release: string | null }
  | { kind: 'deployed'; release: string; soakUntil: number }
  | { kind: 'not_deployed' }
  | { kind: 'resolved' }
  | { kind: 'unverifiable' };

/** Without a sign of the new build for this long after the merge, a person is reminded. */
export const deployPatienceMs = 7 * 24 * 60 * 60_000;

/** Null while there is nothing to say. `signs` are those of the whole service. */
export async function judgeBuild(
  incident: Pick<Incident, 'state' | 'count' | 'firstSeenAt' | 'sightings'>,
  fix: Fix,
  signs: readonly Sighting[],
  contains: ContainsFix,
  now: number,
): Promise<BuildNews | null> {
  for (const { release, lastSeenAt } of incident.sightings.toReversed()) {
    const containment = await contains(release);
    // Until the soak has ended an unknown build is taken for an old one; after it the old ones should be gone.
    const isLate = containment === 'unknown' && fix.resolvedAt !== null && lastSeenAt > fix.resolvedAt;
    if (containment === 'yes' || isLate) return { kind: 'regressed', release };
  }
  const environments = new Set(incident.sightings.map(({ environment }) => environment));
  const fixed: Sighting[] = [];
  if (incident.state !== 'resolved') {
    for (const sign of signs) {
      // That a fix runs where the error never came says nothing.
      if (environments.has(sign.environment) && (await contains(sign.release)) === 'yes') fixed.push(sign);
    }
  }
  if (incident.state === 'merged') {
    const release = fixed.at(-1)?.release;
    if (release != null) return { kind: 'deployed', release, soakUntil: now + soakWindowMs(incident, now) };
    return now - (fix.mergedAt ?? now) >= deployPatienceMs ? { kind: 'not_deployed' } : null;
  }
  if (incident.state !== 'soaking' || fix.deployedAt === null || fix.soakUntil === null || now < fix.soakUntil) {
    return null;
  }
  // Silence of a service that died early in the window proves nothing.
  const middle = fix.deployedAt + (fix.soakUntil - fix.deployedAt) / 2;
  return { kind: fixed.some(({ lastSeenAt }) => lastSeenAt >= middle) ? 'resolved' : 'unverifiable' };
}
