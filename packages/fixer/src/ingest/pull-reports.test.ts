import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { sampleReport } from '@levautofix/contract/sample-report.testkit';
import { ManualClock } from '@levautofix/service-kit/clock';
import { Fault } from '@levautofix/service-kit/fault';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../adapters/sqlite/open-sqlite-store.js';
import type { ReportPage, ReportSource } from '../ports/report-source.js';
import type { Store } from '../ports/store.js';
import { ingestReports } from './ingest-report.js';
import { ReportPuller } from './pull-reports.js';

let folder: string;
let store: Store;
let clock: ManualClock;
let watcher: WatcherDouble;
let faults: string[];
let unusable: string[];
const pullers: ReportPuller[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'levautofix-pull-'));
  store = await openSqliteStore({ folder });
  [clock, watcher, faults, unusable] = [new ManualClock(), new WatcherDouble(), [], []];
});

afterEach(async () => {
  for (const puller of pullers.splice(0)) await puller.stop();
  await store.close();
  await rm(folder, { recursive: true });
});

/** A spool that forgets what a cursor says is safe, as the watcher's does. */
class WatcherDouble implements ReportSource {
  readonly name = 'prod:4600';
  readonly cursors: (string | null)[] = [];
  kept: { sequence: number; report: IncidentReport }[] = [];
  isAway = false;
  unusable: ReportPage['unusable'] = [];
  #sequence = 0;

  add(...reports: IncidentReport[]): void {
    for (const report of reports) this.kept.push({ sequence: ++this.#sequence, report });
  }

  read(cursor: string | null): Promise<ReportPage> {
    this.cursors.push(cursor);
    if (this.isAway) return Promise.reject(new Fault({ code: 'away', message: 'away', remedy: '', isRetryable: true }));
    const after = Number(cursor?.split('.')[1] ?? 0);
    this.kept = this.kept.filter(({ sequence }) => sequence > after);
    const page = this.kept.slice(0, 2);
    const reports = page.map(({ report }) => report);
    return Promise.resolve({ reports, unusable: this.unusable.splice(0), next: `a.${page.at(-1)?.sequence ?? after}` });
  }
}

function startPuller(ingest = countIn): ReportPuller {
  const puller = new ReportPuller({
    source: watcher,
    settings: store.settings,
    ingest,
    clock,
    random: () => 1,
    onFault: (error) => faults.push((error as Fault).code),
    onUnusable: ({ id }) => unusable.push(id),
  });
  pullers.push(puller);
  puller.start();
  return puller;
}

const countIn = (reports: IncidentReport[]) =>
  ingestReports(
    reports,
    { incidents: store.incidents, jobs: store.jobs, services: [{ name: 'shop', baseBranch: 'main' }] },
    clock.now(),
  );
const counts = async () => (await store.incidents.list({ limit: 5 })).items.map(({ count }) => count);

it('takes in page after page, then looks again now and then', async () => {
  watcher.add(report('r1'), report('r2'), report('r3'));
  startPuller();
  await clock.advance(0);
  expect(await counts()).toEqual([3]);
  // The last question tells the watcher that the last page is safe.
  expect(watcher.cursors).toEqual([null, 'a.2', 'a.3']);
  expect(watcher.kept).toEqual([]);
  await clock.advance(4_999);
  expect(watcher.cursors).toHaveLength(3);
  watcher.add(report('r4'));
  await clock.advance(1);
  expect(await counts()).toEqual([4]);
});

it('goes on after a restart where it stood', async () => {
  watcher.add(report('r1'), report('r2'));
  await (startPuller(), clock.advance(0));
  await pullers.pop()?.stop();
  await store.close();
  store = await openSqliteStore({ folder });
  watcher.add(report('r3'));
  startPuller();
  await clock.advance(0);
  expect(watcher.cursors).toEqual([null, 'a.2', 'a.2', 'a.3']);
  expect(await counts()).toEqual([3]);
});

it('counts a page once that is read again because the fixer died before it kept the cursor', async () => {
  watcher.add(report('r1'), report('r2'));
  const died = startPuller(async (reports) => {
    await countIn(reports);
    throw new Error('killed');
  });
  await clock.advance(0);
  await died.stop();
  expect(await store.settings.get('pull-cursor:prod:4600')).toBeNull();
  startPuller();
  await clock.advance(0);
  expect(watcher.cursors).toEqual([null, null, 'a.2']);
  expect(await counts()).toEqual([2]);
});

it('asks less and less often while the watcher is away, and at once for all when it is back', async () => {
  watcher.isAway = true;
  startPuller();
  await clock.advance(0);
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    const before = watcher.cursors.length;
    await clock.advance(waitMs - 1);
    expect(watcher.cursors).toHaveLength(before);
    await clock.advance(1);
    expect(watcher.cursors).toHaveLength(before + 1);
  }
  watcher.isAway = false;
  watcher.add(report('r1'), report('r2'), report('r3'));
  await clock.advance(60_000);
  expect(await counts()).toEqual([3]);
  expect(faults).toHaveLength(9);
});

it('leaves reports at the watcher while the configuration does not know their service', async () => {
  watcher.add(report('r1', 'blog'));
  startPuller();
  await clock.advance(10_000);
  expect(faults.length).toBeGreaterThan(2);
  expect(new Set(faults)).toEqual(new Set(['reports_refused']));
  expect(watcher.kept).toHaveLength(1);
});

it('tells of what is no report, and passes it over', async () => {
  watcher.unusable = [{ id: 'r0', reason: 'no fingerprint' }];
  watcher.add(report('r1'));
  startPuller();
  await clock.advance(0);
  expect(unusable).toEqual(['r0']);
  expect(await counts()).toEqual([1]);
});

function report(id: string, service = 'shop'): IncidentReport {
  return sampleReport({ id, service });
}
