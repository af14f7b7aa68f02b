import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { ManualClock } from '@levautofix/service-kit/clock';
import { Fault } from '@levautofix/service-kit/fault';
import { silentLogger } from '@levautofix/service-kit/logger';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeWatcher, type Watcher, type WatcherOverrides } from './compose.js';
import { loadWatcherConfig } from './config/config.js';
import { sampleEvent } from './domain/sample-event.testkit.js';
import type { EventHandler, LogSource } from './ports/log-source.js';
import type { ReportSink } from './ports/report-sink.js';

const secret = 'a-relay-secret-for-tests';
const minute = 60_000;
const hour = 60 * minute;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-'));
});
const started: Watcher[] = [];
afterEach(async () => {
  for (const watcher of started.splice(0)) await watcher.stop();
  await rm(folder, { recursive: true, force: true });
});

/** In letters, because numbers are no part of an error's identity. */
const nameOf = (n: number): string => [...String(n)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');

/** Events by hand, so that a week passes in a moment. */
class HandSource implements LogSource {
  readonly ended = new Promise<void>(() => undefined);
  #onEvents: EventHandler = () => undefined;

  log(n: number, times: number): void {
    const event = sampleEvent({ message: 'order failed', stack: [`at ${nameOf(n)} (/srv/app/shop.js:${n}:1)`] });
    this.#onEvents(
      Array.from({ length: times }, () => ({ ...event })),
      'app.log',
    );
  }

  start(_checkpoints: unknown, onEvents: EventHandler) {
    this.#onEvents = onEvents;
    return Promise.resolve();
  }

  drain = () => Promise.resolve();
  checkpoints = () => [];
  stop = () => Promise.resolve();
  stats() {
    const none = { sources: 1, open: 1, bytesRead: 0, bytesBehind: 0, cutLines: 0 };
    return { ...none, rotations: 0, truncations: 0, bytesGivenUp: 0, unreadable: 0 };
  }
}

/** A fixer that knows each report by its id, as the real one does. */
class FixerDouble implements ReportSink {
  readonly reports: IncidentReport[] = [];
  attempts = 0;
  duplicates = 0;
  isAway = false;
  /** Answers from 0 (never lost) to 1 (always lost). */
  lossRate = 0;
  readonly #random = (() => {
    let state = 42;
    return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  })();

  send = (reports: readonly IncidentReport[]) => {
    this.attempts += 1;
    const fault = new Fault({ code: 'fixer_unreachable', message: 'away', remedy: 'wait', isRetryable: true });
    if (this.isAway) return Promise.reject(fault);
    const fresh = reports.filter(({ id }) => !this.reports.some((known) => known.id === id));
    this.reports.push(...fresh);
    this.duplicates += reports.length - fresh.length;
    if (this.#random() < this.lossRate) return Promise.reject(fault);
    return Promise.resolve({ accepted: fresh.length, duplicates: reports.length - fresh.length });
  };
}

async function startWatcher(env: Record<string, string>, overrides: WatcherOverrides): Promise<Watcher> {
  const config = await loadWatcherConfig(
    {
      LOG_FILES: join(folder, '*.log'),
      FIXER_URL: 'http://127.0.0.1:9',
      RELAY_SECRET: secret,
      STATE_DIR: join(folder, 'state'),
      SERVICE_NAME: 'shop',
      PORT: '0',
      ...env,
    },
    { cwd: folder },
  );
  const watcher = await composeWatcher(config, { log: silentLogger, random: () => 0.5, ...overrides });
  await watcher.start();
  started.push(watcher);
  return watcher;
}

async function sizeOf(path: string): Promise<number> {
  const names = await readdir(path);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('while the fixer is away', () => {
  it.each([
    ['5 minutes', 5 * minute, minute],
    ['8 hours', 8 * hour, 10 * minute],
    ['7 days', 7 * 24 * hour, 30 * minute],
  ])('keeps all reports of %s and delivers them in order', { timeout: 60_000 }, async (_name, awayMs, stepMs) => {
    const [clock, fixer, source] = [new ManualClock(), new FixerDouble(), new HandSource()];
    const watcher = await startWatcher({}, { clock, sink: fixer, sources: [source] });
    fixer.isAway = true;
    let logged = 0;
    let spoolBytes = 0;
    for (let passed = 0; passed < awayMs; passed += stepMs) {
      source.log(++logged, 3);
      await clock.advance(stepMs);
      await watcher.commit();
      spoolBytes = Math.max(spoolBytes, await sizeOf(join(folder, 'state/spool')));
    }
    expect(fixer.attempts).toBeGreaterThan(0);
    expect(watcher.status().spool.reports).toBe(logged);
    fixer.isAway = false;
    const back = clock.now();
    while (fixer.reports.length < logged && clock.now() - back < 10 * minute) {
      await clock.advance(5_000);
      await watcher.commit();
      await watcher.rest();
    }
    expect(fixer.reports.map(({ error }) => Number(/js:(\d+)/.exec(error.stack[0]!)![1]))).toEqual(
      Array.from({ length: logged }, (_, index) => index + 1),
    );
    expect(fixer.reports.every(({ count }) => count === 3)).toBe(true);
    expect(spoolBytes).toBeLessThan(2 * 1024 * 1024);
    console.log(
      `away ${awayMs / minute} min: ${logged} reports, spool ${spoolBytes} bytes at most, ${fixer.attempts} attempts, drained ${clock.now() - back} ms after the return`,
    );
  });

  it('tells no report twice when 30 % of the answers are lost', { timeout: 60_000 }, async () => {
    const [clock, fixer, source] = [new ManualClock(), new FixerDouble(), new HandSource()];
    const watcher = await startWatcher({}, { clock, sink: fixer, sources: [source] });
    fixer.lossRate = 0.3;
    for (let n = 1; n <= 200; n++) {
      source.log(n, 3);
      await clock.advance(minute);
      await watcher.commit();
    }
    for (let step = 0; step < 200 && watcher.status().spool.reports > 0; step++) {
      await clock.advance(10_000);
      await watcher.commit();
      await watcher.rest();
    }
    expect(fixer.reports).toHaveLength(200);
    expect(new Set(fixer.reports.map(({ id }) => id)).size).toBe(200);
    expect(fixer.duplicates).toBeGreaterThan(10);
    console.log(`30 % of answers lost: 200 reports, ${fixer.duplicates} sent again and recognised by their id`);
  });
});

describe('on a disk of 1 MB that is full', () => {
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();

  it.skipIf(!canMount)('goes on, and delivers everything when there is room again', { timeout: 60_000 }, async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const [clock, fixer, source] = [new ManualClock(), new FixerDouble(), new HandSource()];
      const watcher = await startWatcher({ STATE_DIR: join(disk, 'state') }, { clock, sink: fixer, sources: [source] });
      fixer.isAway = true;
      await fill(join(disk, 'filler'));
      for (let n = 1; n <= 50; n++) {
        source.log(n, 3);
        await clock.advance(minute);
        await watcher.commit();
      }
      expect(watcher.status()).toMatchObject({ health: 'degraded' });
      expect(watcher.status().pipeline.commitFailures).toBeGreaterThan(10);
      await rm(join(disk, 'filler'));
      fixer.isAway = false;
      for (let step = 0; step < 100 && fixer.reports.length < 50; step++) {
        await clock.advance(5_000);
        await watcher.commit();
        await watcher.commit();
        await watcher.rest();
      }
      expect(fixer.reports.map(({ count }) => count)).toEqual(Array.from({ length: 50 }, () => 3));
      expect(watcher.status().health).toBe('ok');
      await watcher.stop();
      // Starting on a full disk must not end in a loop of crashes either.
      await fill(join(disk, 'filler'));
      const again = await startWatcher(
        { STATE_DIR: join(disk, 'state') },
        { clock, sink: fixer, sources: [new HandSource()] },
      );
      await again.stop();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

function tryMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: a full disk cannot be made here (no right to mount)');
    return false;
  }
}

async function fill(path: string): Promise<void> {
  for (const bytes of [64 * 1024, 4 * 1024, 64]) {
    const block = Buffer.alloc(bytes, 120);
    for (let isFull = false; !isFull;)
      isFull = await appendFile(path, block).then(
        () => false,
        () => true,
      );
  }
}

describe('pull mode', () => {
  it('serves the reports page by page to whoever knows the secret', async () => {
    const [clock, source] = [new ManualClock(), new HandSource()];
    const watcher = await startWatcher({ RELAY_MODE: 'pull', FIXER_URL: '' }, { clock, sources: [source] });
    for (let n = 1; n <= 150; n++) source.log(n, 3);
    await clock.advance(minute);
    await watcher.commit();
    const ask = async (path: string, key = secret) => {
      const headers = { ...signRelay('pull_1', path, key, clock.now()) };
      const response = await fetch(watcher.httpUrl + path, { headers });
      return { status: response.status, body: (await response.json()) as { reports: IncidentReport[]; next: string } };
    };
    expect((await ask('/v1/reports?after=', 'another-secret-of-16')).status).toBe(401);
    const first = (await ask('/v1/reports?after=')).body;
    expect(first.reports).toHaveLength(100);
    expect((await ask('/v1/reports?after=')).body.reports).toHaveLength(100);
    const second = (await ask(`/v1/reports?after=${first.next}`)).body;
    expect(second.reports).toHaveLength(50);
    expect(watcher.status().spool.reports).toBe(50);
    expect((await ask(`/v1/reports?after=${second.next}`)).body).toEqual({ reports: [], next: second.next });
    expect(watcher.status().spool.reports).toBe(0);
  });

  it('begins anew for the cursor of a state folder that is gone', async () => {
    const [clock, source] = [new ManualClock(), new HandSource()];
    const watcher = await startWatcher({ RELAY_MODE: 'pull', FIXER_URL: '' }, { clock, sources: [source] });
    source.log(1, 3);
    await clock.advance(minute);
    await watcher.commit();
    const path = '/v1/reports?after=00aa00aa00aa.5000';
    const response = await fetch(watcher.httpUrl + path, { headers: { ...signRelay('p', path, secret, clock.now()) } });
    expect(((await response.json()) as { reports: unknown[] }).reports).toHaveLength(1);
  });
});

describe('watcher', () => {
  it('refuses a state folder that another live watcher uses', async () => {
    const first = await startWatcher({}, { sink: new FixerDouble(), sources: [] });
    const second = startWatcher({}, { sink: new FixerDouble(), sources: [] });
    await expect(second).rejects.toMatchObject({ code: 'state_locked' });
    await first.stop();
    await expect(startWatcher({}, { sink: new FixerDouble(), sources: [] })).resolves.toBeDefined();
  });

  it('reads real files, sets aside what LevAutoFix logs itself, and shows health and metrics', async () => {
    const [fixer, clock] = [new FixerDouble(), new ManualClock()];
    const log = join(folder, 'app.log');
    await writeFile(log, '');
    const watcher = await startWatcher({ READ_FROM: 'beginning', MIN_SEVERITY: 'low' }, { sink: fixer, clock });
    const own = { level: 50, time: '2026-01-01T00:00:00.000Z', pid: 1, hostname: 'box', name: 'levautofix-watcher' };
    await appendFile(
      log,
      `${JSON.stringify({ ...own, err: { type: 'Error', message: 'x', stack: 'Error: x' }, msg: 'state cannot be saved' })}\n`,
    );
    await appendFile(log, 'TypeError: boom\n    at f (/srv/app/a.js:1:1)\n2026-01-01T00:00:00.000Z INFO next\n');
    await watcher.drain();
    // A trace is complete when nothing has followed for a while.
    await clock.advance(3_000);
    await watcher.drain();
    await watcher.finish();
    expect(fixer.reports).toMatchObject([{ count: 1, error: { type: 'TypeError', message: 'boom' } }]);
    expect(await (await fetch(`${watcher.httpUrl}/healthz`)).json()).toEqual({ status: 'ok', problems: [] });
    const metrics = await (await fetch(`${watcher.httpUrl}/metrics`)).text();
    expect(metrics).toContain('levautofix_watcher_occurrences_total 1\n');
    expect(metrics).toContain('levautofix_watcher_reports_total{severity="low"} 1\n');
    expect((await fetch(`${watcher.httpUrl}/v1/reports`)).status).toBe(404);
  });
});
