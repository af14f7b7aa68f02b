import { expect, it } from 'vitest';
import type { Incident } from '../domain/incident.js';
import { reopenIncident } from './reopen-incident.js';

const skipped = {
  id: 'incident-1',
  service: 'shop',
  fingerprint: 'v1:0123456789abcdef',
  kind: 'error',
  state: 'skipped',
  jobId: 'job-1',
  reason: 'A person closed the pull request.',
  error: { type: 'TypeError', message: 'x\u001b[2J', stack: [] },
  lastSeenAt: 1,
  version: 1,
} as unknown as Incident;

/** A store of a few; the first write is overtaken by a report. */
function storeOf(...items: Incident[]) {
  const stored = new Map(items.map((item) => [item.id, item]));
  let overtaken = false;
  return {
    stored,
    get: (id: string) => Promise.resolve(stored.get(id) ?? null),
    list: ({ state }: { state?: Incident['state'] }) =>
      Promise.resolve({ items: [...stored.values()].filter((item) => item.state === state), next: null }),
    update(incident: Incident, patch: Partial<Incident>) {
      const current = stored.get(incident.id);
      if (!overtaken && current) stored.set(incident.id, { ...current, version: current.version + 1 });
      const isCurrent = overtaken && current?.version === incident.version;
      overtaken = true;
      if (!isCurrent) return Promise.resolve(null);
      const next = { ...incident, ...patch, version: incident.version + 1 };
      stored.set(next.id, next);
      return Promise.resolve(next);
    },
  };
}

it.each(['incident-1', 'v1:0123456789abcdef', '0123456789ABCDEF'])(
  'opens an ignored error again by %s',
  async (name) => {
    const store = storeOf(skipped);
    const result = await reopenIncident(name, 'telegram:7', store);
    expect(result).toMatchObject({
      isReopened: true,
      message: expect.stringContaining('TypeError: x<U+001B>') as string,
    });
    expect(store.stored.get('incident-1')).toMatchObject({
      state: 'open',
      jobId: null,
      reason: 'Reopened by telegram:7.',
      version: 3,
    });
  },
);

it.each([
  ['is worked on', { state: 'open' }, 'incident-1', 'busy'],
  ['has a fix that is followed', { state: 'soaking' }, 'incident-1', 'busy'],
  ['is a probe', { kind: 'probe', state: 'needs_person' }, 'incident-1', 'busy'],
  ['is not there', {}, 'ffffffffffffffff', 'unknown'],
] as const)('leaves one alone that %s', async (_, patch, name, code) => {
  const store = storeOf({ ...skipped, ...patch });
  expect(await reopenIncident(name, 'ann', store)).toMatchObject({ isReopened: false, code });
  expect(store.stored.get('incident-1')).toEqual({ ...skipped, ...patch });
});

it('asks which one is meant when two services have it', async () => {
  const store = storeOf(skipped, { ...skipped, id: 'incident-2', service: 'mail' });
  const result = await reopenIncident('0123456789abcdef', 'ann', store);
  expect(result).toMatchObject({ isReopened: false, message: expect.stringContaining('incident-2 (mail)') as string });
  expect(store.stored.get('incident-1')).toEqual(skipped);
});
