// Which commit a release names beyond doubt.
import type { Incident } from './incident.js';

/**
 * A branch moves on while its name stays in the release, so only ids and tags count, and what `git describe` makes of them. `resolve`
 * answers the commit of a name, null when there is none.
 */
export async function resolveRelease(
  release: string,
  resolve: (name: string) => Promise<string | null>,
): Promise<string | null> {
  const id = /^(?:.+-g)?([0-9a-f]{7,64})$/i.exec(release)?.[1]?.toLowerCase();
  const named = id === undefined ? null : await resolve(id);
  if (id !== undefined && named?.startsWith(id) === true) return named;
  return (await resolve(`refs/tags/${release}`)) ?? resolve(`refs/tags/v${release}`);
}

/** The commit in which the stack of an incident was seen: that of the first occurrence, whichever build was seen last. */
export async function resolveFailingRelease(
  { sightings, firstSeenAt, release }: Pick<Incident, 'sightings' | 'firstSeenAt' | 'release'>,
  resolve: (name: string) => Promise<string | null>,
): Promise<string | null> {
  const first = sightings.find((sighting) => sighting.firstSeenAt === firstSeenAt);
  const named = first ? first.release : release;
  return named === null ? null : resolveRelease(named, resolve);
}
