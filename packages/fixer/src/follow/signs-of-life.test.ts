// What is read off the activity of incidents: which builds live, and which probes fail.
import { expect, it } from 'vitest';
import type { Incident, Sighting } from '../domain/incident.js';
import { createReportedAlarms } from './reported-alarms.js';
import { gatherSigns } from './signs-of-life.js';

const sighting = (release: string, lastSeenAt: number): Sighting => ({
  release,
  environment: 'production',
  count: 4,
  firstSeenAt: lastSeenAt - 5,
  lastSeenAt,
});
const incident = (patch: Partial<Incident>) =>
  ({ kind: 'error', service: 'shop', error: { type: 'HTTP', message: '500', stack: [] }, ...patch }) as Incident;
const newestFirst = [
  incident({ lastSeenAt: 90, sightings: [sighting('v1', 20), sighting('v2', 90)] }),
  incident({
    kind: 'probe',
    fingerprint: 'v1:00000000000000aa',
    lastSeenAt: 80,
    sightings: [sighting('v1', 30), sighting('v3', 80)],
  }),
  incident({ service: 'mail', lastSeenAt: 70, sightings: [sighting('m1', 70)] }),
  incident({ lastSeenAt: 60, sightings: [sighting('v0', 60)] }),
  incident({ lastSeenAt: 40, sightings: [sighting('older', 40)] }),
];
/** Pages of two. */
const incidents = {
  list: ({ after = '0' }: { after?: string }) => {
    const start = Number(after);
    const next = start + 2 < newestFirst.length ? String(start + 2) : null;
    return Promise.resolve({ items: newestFirst.slice(start, start + 2), next });
  },
};

it('takes every report but a probe for a sign that its build lives, as far back as asked', async () => {
  const signs = await gatherSigns(incidents, 50);
  const releases = (service: string) => signs.get(service)?.map(({ release }) => release);
  expect(releases('shop')).toEqual(['v2', 'v0']);
  expect(releases('mail')).toEqual(['m1']);
});

it('makes one alarm of each build in which a probe failed', async () => {
  expect(await createReportedAlarms(incidents).list('shop', 50)).toEqual([
    {
      probe: 'v1:00000000000000aa',
      text: 'HTTP: 500',
      environment: 'production',
      release: 'v3',
      failures: 4,
      firstFailedAt: 75,
      lastFailedAt: 80,
    },
  ]);
  expect(await createReportedAlarms(incidents).list('mail', 0)).toEqual([]);
});
