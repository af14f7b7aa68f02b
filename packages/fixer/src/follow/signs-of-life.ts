// Which builds of a service were seen alive, and when: told by every report of it, whatever the error.
import type { Incident, Sighting } from '../domain/incident.js';
import type { IncidentStore } from '../ports/incident-store.js';

export type SignsOfLife = ReadonlyMap<string, readonly Sighting[]>;

/** By service, of all incidents with activity since a moment. A probe says that something is down: no sign of life. */
export async function gatherSigns(incidents: Pick<IncidentStore, 'list'>, since: number): Promise<SignsOfLife> {
  const signs = new Map<string, Sighting[]>();
  for await (const { kind, service, sightings } of recentIncidents(incidents, {}, since)) {
    if (kind === 'probe') continue;
    signs.set(service, [...(signs.get(service) ?? []), ...sightings.filter(({ lastSeenAt }) => lastSeenAt >= since)]);
  }
  return signs;
}

/** Newest activity first. */
export async function* recentIncidents(
  incidents: Pick<IncidentStore, 'list'>,
  query: { state?: Incident['state'] },
  since: number,
): AsyncGenerator<Incident> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<IncidentStore['list']>> = await incidents.list({
      ...query,
      limit: 200,
      ...(after !== null && { after }),
    });
    for (const incident of page.items) {
      if (incident.lastSeenAt < since) return;
      yield incident;
    }
    after = page.next;
  } while (after !== null);
}
