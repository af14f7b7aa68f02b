// What every store must do: one suite, run by each adapter on its own database.
import { randomUUID } from 'node:crypto';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { sampleReport } from '@levautofix/contract/sample-report.testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fix } from '../domain/fix.js';
import type { Job } from '../domain/job.js';
import { newJob } from '../job/new-job.js';
import { applyTransition, type Transition } from '../job/transition.js';
import type { LedgerEntry } from './ledger-store.js';
import type { Store } from './store.js';

/** One empty database; `connect` opens it once more, as another process or a restart would. */
export interface TestDatabase {
  connect(): Promise<Store>;
  remove(): Promise<void>;
}

const start = Date.parse('2026-03-01T12:00:00Z');
const leaseMs = 60_000;

export function describeStore(name: string, createDatabase: () => Promise<TestDatabase>): void {
  describe(name, () => {
    let database: TestDatabase;
    let connections: Store[];
    let store: Store;

    const connect = async () => {
      const connection = await database.connect();
      connections.push(connection);
      return connection;
    };
    const restart = async () => {
      await Promise.all(connections.splice(0).map((connection) => connection.close()));
      store = await connect();
    };

    beforeEach(async () => {
      database = await createDatabase();
      connections = [];
      store = await connect();
    });
    afterEach(async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await database.remove();
    });

    describe('incidents', () => {
      it('gathers reports of one fingerprint and service into one incident whose count adds up', async () => {
        await store.incidents.record(report({ id: 'r1', count: 3 }), start);
        const { isDuplicate, incident } = await store.incidents.record(report({ id: 'r2', count: 4 }), start);
        expect(isDuplicate).toBe(false);
        expect(incident.count).toBe(7);
        expect(await store.incidents.get(incident.id)).toEqual(incident);
        expect(await store.incidents.find('shop', incident.fingerprint)).toEqual(incident);
        expect(await store.incidents.find('other', incident.fingerprint)).toBeNull();
      });

      it('keeps what it was told, empty and unusual text included', async () => {
        const told = report({
          release: null,
          error: { type: '', message: 'a "quoted" $where\n\u0000 é 🚨', stack: [] },
          request: { method: 'GET', path: '/a.b/$c' },
          context: ['', '{"a":1}'],
        });
        const { incident } = await store.incidents.record(told, start);
        expect(await store.incidents.get(incident.id)).toMatchObject({
          release: null,
          error: told.error,
          request: told.request,
          context: told.context,
          kind: 'error',
          state: 'open',
          jobId: null,
          snoozedUntil: null,
        });
      });

      it('counts a report id once, also when it is sent again after a restart', async () => {
        const { incident } = await store.incidents.record(report({ id: 'r1', count: 5 }), start);
        expect(await store.incidents.record(report({ id: 'r1', count: 5 }), start)).toEqual({
          isDuplicate: true,
          incident,
        });
        await restart();
        expect(await store.incidents.record(report({ id: 'r1', count: 5 }), start)).toEqual({
          isDuplicate: true,
          incident,
        });
        expect((await store.incidents.get(incident.id))?.count).toBe(5);
      });

      it('counts a report id once when several connections receive it at the same moment', async () => {
        const others = await Promise.all(Array.from({ length: 4 }, connect));
        const answers = await Promise.all(
          others.flatMap((other) => [
            other.incidents.record(report({ id: 'same', count: 2 }), start),
            other.incidents.record(report({ id: randomUUID(), count: 1 }), start),
          ]),
        );
        expect(answers.filter(({ isDuplicate }) => isDuplicate)).toHaveLength(3);
        const { items } = await store.incidents.list({ limit: 10 });
        expect(items.map(({ count }) => count)).toEqual([2 + 4]);
      });

      it('only ever raises the severity', async () => {
        await store.incidents.record(report({ severity: 'high' }), start);
        expect((await store.incidents.record(report({ severity: 'medium' }), start)).incident.severity).toBe('high');
        expect((await store.incidents.record(report({ severity: 'critical' }), start)).incident.severity).toBe(
          'critical',
        );
      });

      it('widens first and last time and follows the newest release, but keeps the first error', async () => {
        const first = report({ ...between(10, 20), release: 'v2' });
        await store.incidents.record(first, start);
        await store.incidents.record(
          report({ ...between(30, 40), release: 'v3', error: { type: 'Forged', message: 'ignore all', stack: [] } }),
          start,
        );
        const { incident } = await store.incidents.record(report({ ...between(1, 5), release: 'v1' }), start);
        expect(incident).toMatchObject({
          firstSeenAt: start + 1_000,
          lastSeenAt: start + 40_000,
          release: 'v3',
          error: first.error,
        });
      });

      it('counts occurrences by build, also of a build that is not named', async () => {
        await store.incidents.record(report({ ...between(10, 20), release: 'v2', count: 2 }), start);
        await store.incidents.record(report({ ...between(1, 5), release: null }), start);
        const { incident } = await store.incidents.record(report({ ...between(15, 30), release: 'v2' }), start);
        expect(incident.sightings).toMatchObject([
          { release: null, count: 1, firstSeenAt: start + 1_000, lastSeenAt: start + 5_000 },
          { release: 'v2', count: 3, firstSeenAt: start + 10_000, lastSeenAt: start + 30_000 },
        ]);
        expect((await store.incidents.get(incident.id))?.sightings).toEqual(incident.sightings);
      });

      it('keeps what became of the fixes while further reports are counted', async () => {
        const { incident } = await store.incidents.record(report(), start);
        const fix = { jobId: 'job-1', pullRequest: { number: 1, url: 'u' }, mergedAt: null } as Fix;
        await store.incidents.update(incident, { state: 'merged', fixes: [fix], reason: 'why' });
        const { incident: counted } = await store.incidents.record(report(), start);
        expect(counted).toMatchObject({ state: 'merged', fixes: [fix], reason: 'why', count: 2 });
      });

      it('refuses an update that was based on an older version', async () => {
        const { incident } = await store.incidents.record(report(), start);
        const linked = await store.incidents.update(incident, { jobId: 'job-1' });
        expect(linked).toMatchObject({ jobId: 'job-1', state: 'open' });
        expect(await store.incidents.update(incident, { state: 'skipped' })).toBeNull();
        expect(await store.incidents.get(incident.id)).toEqual(linked);
      });

      it('lists newest activity first, page by page, each once, and by state', async () => {
        for (let at = 1; at <= 5; at++) {
          await store.incidents.record(report({ fingerprint: fingerprint(at), ...between(at, at) }), start);
        }
        const [last] = (await store.incidents.list({ limit: 1 })).items;
        await store.incidents.update(last!, { state: 'skipped' });
        const seen = await allPages((after) => store.incidents.list({ limit: 2, ...after }));
        expect(seen.map((incident) => incident.fingerprint)).toEqual([5, 4, 3, 2, 1].map(fingerprint));
        const skipped = await store.incidents.list({ state: 'skipped', limit: 10 });
        expect(skipped.items.map(({ id }) => id)).toEqual([last!.id]);
        expect(skipped.next).toBeNull();
      });

      it('refuses a page mark that it did not give out', async () => {
        await expect(store.incidents.list({ limit: 1, after: 'rubbish' })).rejects.toMatchObject({
          code: 'cursor_invalid',
        });
        await expect(store.jobs.list({ limit: 1, after: '{"$gt":1}' })).rejects.toMatchObject({
          code: 'cursor_invalid',
        });
      });

      it('finds incidents that were left without a job when the process died between the two writes', async () => {
        const { incident: lost } = await store.incidents.record(report(), start);
        const { incident: linked } = await store.incidents.record(report({ fingerprint: fingerprint(2) }), start);
        await store.incidents.update(linked, { jobId: 'job-1' });
        const { incident: skipped } = await store.incidents.record(report({ fingerprint: fingerprint(3) }), start);
        await store.incidents.update(skipped, { state: 'skipped' });
        await restart();
        expect((await store.incidents.listWithoutJob(10)).map(({ id }) => id)).toEqual([lost.id]);
      });
    });

    describe('jobs', () => {
      it('keeps a job whole over a restart', async () => {
        const told = { ...job(), feedback: ['please, no $set'], approval: approval({ telegram: 'a:1' }) };
        expect(await store.jobs.open(told)).toEqual({ job: told, isNew: true });
        await restart();
        expect(await store.jobs.get(told.id)).toEqual(told);
        expect(await store.jobs.get('unknown')).toBeNull();
      });

      it('has at most one open job for a service and fingerprint, and a new one after it has ended', async () => {
        const { job: first } = await store.jobs.open(job());
        expect(await store.jobs.open(job())).toEqual({ job: first, isNew: false });
        expect((await store.jobs.open(job({ service: 'other' }))).isNew).toBe(true);
        const ended = await advance(store, first, { event: 'cancelled' });
        const { job: second, isNew } = await store.jobs.open(job({ now: start + 1 }));
        expect(isNew).toBe(true);
        expect(await store.jobs.listByFingerprint('shop', first.fingerprint)).toEqual([second, ended]);
        expect((await store.jobs.listOpen()).map(({ service }) => service).sort()).toEqual(['other', 'shop']);
      });

      it('has one open job when several connections open at the same moment', async () => {
        const others = await Promise.all(Array.from({ length: 6 }, connect));
        const answers = await Promise.all(others.map((other) => other.jobs.open(job())));
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(answers.map((answer) => answer.job.id)).size).toBe(1);
      });

      it('answers the stored job when the same job is opened again', async () => {
        const { job: opened } = await store.jobs.open(job());
        const ended = await advance(store, opened, { event: 'cancelled' });
        expect(await store.jobs.open(opened)).toEqual({ job: ended, isNew: false });
      });

      it('claims the most severe job first, then the oldest', async () => {
        await openJobs(store, [
          { id: 'late', severity: 'high', now: start + 2 },
          { id: 'low', severity: 'low', now: start },
          { id: 'early', severity: 'high', now: start + 1 },
          { id: 'critical', severity: 'critical', now: start + 3 },
        ]);
        const claimed = [];
        for (let worker = 0; worker < 5; worker++) claimed.push((await claim(store, `w${worker}`, start + 10))?.id);
        expect(claimed).toEqual(['critical', 'early', 'late', 'low', undefined]);
      });

      it.each([2, 8])('never gives one job to two of %i workers', async (workers) => {
        const jobs = 12;
        await openJobs(
          store,
          Array.from({ length: jobs }, (_, number) => ({ id: `job-${number}`, number })),
        );
        const claimed = await Promise.all(
          Array.from({ length: workers }, async (_, worker) => {
            const connection = await connect();
            const ids = [];
            // A worker holds one job at a time: an id of its own for each claim.
            for (let turn = 0; ; turn++) {
              const job = await claim(connection, `w${worker}-${turn}`);
              if (!job) return ids;
              ids.push(job.id);
            }
          }),
        );
        expect(claimed.flat().sort()).toEqual(Array.from({ length: jobs }, (_, number) => `job-${number}`).sort());
      });

      it('leaves a job alone before its time and after its end', async () => {
        const { job: opened } = await store.jobs.open(job());
        const claimed = (await claim(store, 'w1'))!;
        const deferred = await advance(store, claimed, { event: 'deferred', patch: { notBefore: start + 5_000 } });
        expect(await claim(store, 'w1', start + 4_999)).toBeNull();
        expect(await claim(store, 'w1', start + 5_000)).toMatchObject({ id: opened.id, crashes: 0 });
        await advance(store, (await store.jobs.get(deferred.id))!, { event: 'cancelled' });
        expect(await claim(store, 'w1', start + 5_000)).toBeNull();
      });

      it('marks a claim with lease, fence and version', async () => {
        const { job: opened } = await store.jobs.open(job());
        const claimed = await claim(store, 'w1');
        expect(claimed).toEqual({ ...opened, leasedBy: 'w1', leasedUntil: start + leaseMs, fence: 1, version: 1 });
        expect(await store.jobs.get(opened.id)).toEqual(claimed);
      });

      it('gives a job to another worker once the lease has run out, and counts that as a crash', async () => {
        await store.jobs.open(job());
        await claim(store, 'w1');
        expect(await claim(store, 'w2', start + leaseMs - 1)).toBeNull();
        expect(await claim(store, 'w2', start + leaseMs)).toMatchObject({ leasedBy: 'w2', fence: 2, crashes: 1 });
      });

      it('gives a restarted worker its own job back at once, and counts that as a crash', async () => {
        await store.jobs.open(job());
        await claim(store, 'w1');
        await restart();
        expect(await claim(store, 'w1', start + 1)).toMatchObject({ leasedBy: 'w1', fence: 2, crashes: 1 });
      });

      it('keeps a renewed lease and tells a worker that was overtaken', async () => {
        await store.jobs.open(job());
        const mine = (await claim(store, 'w1'))!;
        expect(await store.jobs.renewLease(mine, start + 2 * leaseMs)).toBe(true);
        expect(await claim(store, 'w2', start + leaseMs + 1)).toBeNull();
        const theirs = (await claim(store, 'w2', start + 2 * leaseMs))!;
        expect(await store.jobs.renewLease(mine, start + 9 * leaseMs)).toBe(false);
        expect(await store.jobs.get(mine.id)).toEqual(theirs);
      });

      it('does not renew the lease of a job that somebody else has written meanwhile', async () => {
        await store.jobs.open(job());
        const mine = (await claim(store, 'w1'))!;
        const cancelled = await advance(store, mine, { event: 'cancelled' });
        expect(await store.jobs.renewLease(mine, start + 9 * leaseMs)).toBe(false);
        expect(await store.jobs.get(mine.id)).toEqual(cancelled);
      });

      it('frees a released job without a trace of a crash, but not for a worker that was overtaken', async () => {
        await store.jobs.open(job());
        const first = (await claim(store, 'w1'))!;
        await store.jobs.release(first);
        const second = (await claim(store, 'w2'))!;
        expect(second).toMatchObject({ leasedBy: 'w2', crashes: 0 });
        await store.jobs.release(first);
        expect(await store.jobs.get(first.id)).toEqual(second);
      });

      it('refuses the late write of a worker that lost its lease, and keeps the new one', async () => {
        await store.jobs.open(job());
        const sleeper = (await claim(store, 'w1'))!;
        const successor = (await claim(store, 'w2', start + leaseMs))!;
        const late = transition(sleeper, { event: 'started' });
        expect(await store.jobs.save(sleeper, late.job, late.entry)).toBe(false);
        expect(await store.jobs.get(sleeper.id)).toEqual(successor);
        expect(await store.jobs.history(sleeper.id)).toEqual([]);
      });

      it('refuses a write whose fence is not the stored one, whatever its version', async () => {
        await store.jobs.open(job());
        const claimed = (await claim(store, 'w1'))!;
        const { job: next, entry: row } = transition(claimed, { event: 'started' });
        expect(await store.jobs.save({ ...claimed, fence: claimed.fence - 1 }, next, row)).toBe(false);
        expect(await store.jobs.save({ ...claimed, version: claimed.version - 1 }, next, row)).toBe(false);
        expect(await store.jobs.get(claimed.id)).toEqual(claimed);
      });

      it('lets one of two writers win and leaves one history row', async () => {
        const { job: opened } = await store.jobs.open(job());
        const others = await Promise.all(Array.from({ length: 4 }, connect));
        const saved = await Promise.all(
          others.map((other, index) => {
            const { job: next, entry } = transition(opened, { event: 'started', note: `writer ${index}` });
            return other.jobs.save(opened, next, entry);
          }),
        );
        expect(saved.filter(Boolean)).toHaveLength(1);
        expect((await store.jobs.history(opened.id)).map(({ note }) => note)).toEqual([
          `writer ${saved.indexOf(true)}`,
        ]);
      });

      it('writes one history row for each transition, oldest first, kept over a restart', async () => {
        let current = (await store.jobs.open(job())).job;
        current = await advance(store, (await claim(store, 'w1'))!, { event: 'started' });
        current = await advance(store, (await claim(store, 'w1'))!, { event: 'worktree_ready', note: 'ready' });
        await restart();
        expect(await store.jobs.get(current.id)).toEqual(current);
        expect(await store.jobs.history(current.id)).toEqual([
          { jobId: current.id, version: 2, at: start, event: 'started', from: 'queued', to: 'preparing', note: null },
          {
            jobId: current.id,
            version: 4,
            at: start,
            event: 'worktree_ready',
            from: 'preparing',
            to: 'repairing',
            note: 'ready',
          },
        ]);
      });

      it('finds the open job of a question by its nonce, and no longer once it has ended', async () => {
        const { job: opened } = await store.jobs.open({ ...job(), approval: approval({}) });
        expect(await store.jobs.findByNonce('nonce-1')).toEqual(opened);
        expect(await store.jobs.findByNonce('nonce-2')).toBeNull();
        await advance(store, opened, { event: 'cancelled' });
        expect(await store.jobs.findByNonce('nonce-1')).toBeNull();
      });

      it('lists newest first, page by page, each once, and by state', async () => {
        await openJobs(
          store,
          // Two of the same moment, so that time alone cannot order them.
          [1, 2, 2, 3, 4].map((at, number) => ({ id: `job-${number}`, number, now: start + at })),
        );
        const seen = await allPages((after) => store.jobs.list({ limit: 2, ...after }));
        expect(seen.map(({ id }) => id)).toEqual(['job-4', 'job-3', 'job-2', 'job-1', 'job-0']);
        await advance(store, (await store.jobs.get('job-2'))!, { event: 'started' });
        expect((await store.jobs.list({ state: 'preparing', limit: 5 })).items.map(({ id }) => id)).toEqual(['job-2']);
        expect((await store.jobs.list({ state: 'queued', limit: 5 })).items).toHaveLength(4);
      });

      it('says when the next job becomes due', async () => {
        expect(await store.jobs.nextDueAt(start)).toBeNull();
        await openJobs(store, [
          { id: 'a', number: 1 },
          { id: 'b', number: 2, now: start + 30_000 },
        ]);
        expect(await store.jobs.nextDueAt(start + 7)).toBe(start + 7);
        const claimed = (await claim(store, 'w1'))!;
        expect(await store.jobs.nextDueAt(start + 7)).toBe(start + 30_000);
        await advance(store, (await store.jobs.get('b'))!, { event: 'cancelled' });
        expect(await store.jobs.nextDueAt(start + 7)).toBe(start + leaseMs);
        await advance(store, claimed, { event: 'cancelled' });
        expect(await store.jobs.nextDueAt(start + 7)).toBeNull();
      });
    });

    describe('ledger', () => {
      it('counts spent money and reservations that are not settled, since a moment and for a job', async () => {
        await store.ledger.append(entry({ id: 'old', at: start - 1, usd: 9 }));
        await store.ledger.append(entry({ id: 'spent', usd: 0.25, tokens: 100 }));
        await store.ledger.append(entry({ id: 'other', jobId: 'job-2', usd: 0.5 }));
        await store.ledger.append(entry({ id: 'hold', kind: 'reserved', usd: 1 }));
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 1.75, heldUsd: 1, tokens: 100 });
        await store.ledger.append(entry({ id: 'settled', usd: 0.125, settles: 'hold', tokens: 7 }));
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 0.875, heldUsd: 0, tokens: 107 });
        expect(await store.ledger.total({ since: start, jobId: 'job-2' })).toEqual({ usd: 0.5, heldUsd: 0, tokens: 0 });
      });

      it('holds less for an attempt the more it has spent, and never less than nothing', async () => {
        const part = { kind: 'streamed', settles: 'hold', tokens: 10 } as const;
        await store.ledger.append(entry({ id: 'hold', kind: 'reserved', usd: 1 }));
        await store.ledger.append(entry({ id: 'part', ...part, usd: 0.25 }));
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 1, heldUsd: 0.75, tokens: 10 });
        await store.ledger.append(entry({ id: 'too-much', ...part, usd: 1.25 }));
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 1.5, heldUsd: 0, tokens: 20 });
        await store.ledger.append(entry({ id: 'correction', settles: 'hold', usd: -1 }));
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 0.5, heldUsd: 0, tokens: 20 });
      });

      it('counts an entry once however often it is written', async () => {
        await store.ledger.append(entry({ id: 'one', usd: 1 }));
        await store.ledger.append(entry({ id: 'one', usd: 1 }));
        await restart();
        await store.ledger.append(entry({ id: 'one', usd: 1 }));
        expect(await store.ledger.total({ since: 0 })).toEqual({ usd: 1, heldUsd: 0, tokens: 0 });
        expect(await store.ledger.entries('job-1')).toEqual([entry({ id: 'one', usd: 1 })]);
      });

      it('refuses a reservation beyond the cap and lets a repeated one through', async () => {
        const hold = entry({ id: 'hold', kind: 'reserved', usd: 2 });
        const limits = { since: start, capUsd: 3 };
        expect(await store.ledger.reserve(hold, limits)).toBe(true);
        expect(await store.ledger.reserve({ ...hold, id: 'more' }, limits)).toBe(false);
        expect(await store.ledger.reserve(hold, limits)).toBe(true);
        await store.ledger.append(entry({ id: 'settled', usd: 0.5, settles: 'hold' }));
        expect(await store.ledger.reserve({ ...hold, id: 'more' }, limits)).toBe(true);
        expect(await store.ledger.total({ since: start })).toEqual({ usd: 2.5, heldUsd: 2, tokens: 0 });
      });

      it('never passes the cap when several workers reserve at the same moment', async () => {
        const others = await Promise.all(Array.from({ length: 5 }, connect));
        const answers = await Promise.all(
          others.flatMap((other, worker) =>
            [0, 1].map((turn) =>
              other.ledger.reserve(entry({ id: `hold-${worker}-${turn}`, kind: 'reserved', usd: 1 }), {
                since: 0,
                capUsd: 3,
              }),
            ),
          ),
        );
        expect(answers.filter(Boolean)).toHaveLength(3);
        expect(await store.ledger.total({ since: 0 })).toEqual({ usd: 3, heldUsd: 3, tokens: 0 });
      });
    });

    it('keeps settings over a restart', async () => {
      expect(await store.settings.get('cursor')).toBeNull();
      await store.settings.set('cursor', 'a');
      await store.settings.set('cursor', 'b');
      await restart();
      expect(await store.settings.get('cursor')).toBe('b');
    });

    it('answers a check', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}

function fingerprint(number: number): Job['fingerprint'] {
  return `v1:${number.toString(16).padStart(16, '0')}`;
}

function between(firstSecond: number, lastSecond: number) {
  return {
    firstSeenAt: new Date(start + firstSecond * 1_000).toISOString(),
    lastSeenAt: new Date(start + lastSecond * 1_000).toISOString(),
  };
}

function report(patch: Partial<IncidentReport> = {}): IncidentReport {
  return sampleReport({
    id: randomUUID(),
    release: 'v1',
    fingerprint: fingerprint(1),
    severity: 'medium',
    ...between(0, 1),
    ...patch,
  });
}

interface JobSpec {
  id?: string;
  number?: number;
  service?: string;
  severity?: Job['severity'];
  now?: number;
}

function job({ id = randomUUID(), number = 1, service = 'shop', severity = 'medium', now = start }: JobSpec = {}): Job {
  const incident = { id: 'incident-1', fingerprint: fingerprint(number), service, severity };
  return newJob({ id, incident, baseBranch: 'main', now });
}

async function openJobs(store: Store, specs: JobSpec[]): Promise<void> {
  for (const [index, spec] of specs.entries()) await store.jobs.open(job({ ...spec, number: index + 1 }));
}

function approval(shownAt: Record<string, string>): NonNullable<Job['approval']> {
  return {
    nonce: 'nonce-1',
    commit: 'c',
    diffHash: 'd',
    askedAt: start,
    expiresAt: start + 1,
    shownAt,
    decision: null,
  };
}

function claim(store: Store, id: string, now = start): Promise<Job | null> {
  return store.jobs.claim({ id, now, leaseMs });
}

function transition(job: Job, change: Transition) {
  const result = applyTransition(job, change, start);
  if (!result.isAllowed) throw new Error(result.reason);
  return result;
}

async function advance(store: Store, previous: Job, change: Transition): Promise<Job> {
  const { job: next, entry: row } = transition(previous, change);
  expect(await store.jobs.save(previous, next, row)).toBe(true);
  return next;
}

function entry(patch: Partial<LedgerEntry>): LedgerEntry {
  return {
    id: 'entry',
    jobId: 'job-1',
    attempt: 1,
    rung: 'claude-code',
    at: start,
    usd: 0,
    tokens: 0,
    kind: 'spent',
    settles: null,
    ...patch,
  };
}

async function allPages<T>(
  read: (after: { after?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const seen: T[] = [];
  let next: string | null | undefined;
  do {
    const page: { items: T[]; next: string | null } = await read(next ? { after: next } : {});
    seen.push(...page.items);
    next = page.next;
  } while (next);
  return seen;
}
