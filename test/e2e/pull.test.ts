// A development machine that production cannot reach: the fixer fetches the reports, and each error is counted exactly once.
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentView, Page } from '@levautofix/contract/job-view';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startService, until, type ServiceProcess } from './service-process.js';

const token = 'dashboard-token-of-the-tests';
const shared = { SERVICE_NAME: 'shop', RELAY_SECRET: 'relay-secret-of-the-tests' };

let folder: string;
let log: string;
const running: ServiceProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lev-pull-'));
  log = join(folder, 'shop.log');
  await writeFile(log, '');
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await writeFile(join(repository, 'package.json'), '{"name":"shop"}\n');
  const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '.'],
    [...author, 'commit', '-qm', 'begin'],
  ])
    execFileSync('git', args, { cwd: repository });
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  await rm(folder, { recursive: true, force: true });
});

it('counts every error once over a fixer that is killed and a watcher that starts anew', async () => {
  let watcher = await startWatcher('0');
  const [, url = '', port = ''] = await watcher.waitFor(/asked for at (http:\S+:(\d+))\/v1\/reports/);
  let logged = 0;
  const fail = async (times: number) => {
    const error = 'Error: out of stock\n    at reserve (/srv/shop/src/stock.js:7:11)\n';
    await appendFile(log, error.repeat(times));
    logged += times;
  };
  const waiting = async () =>
    ((await (await fetch(`${url}/v1/status`)).json()) as { spool: { reports: number } }).spool.reports;

  let { fixer, api } = await startFixer(url);
  await fail(3);
  await until('the first errors to arrive', async () => (await count(api)) === 3);
  await until('the watcher to let go of them', async () => (await waiting()) === 0);

  await fixer.kill();
  await fail(4);
  await until('reports to wait', async () => (await waiting()) > 0);
  await watcher.stop();
  watcher = await startWatcher(port);
  ({ fixer, api } = await startFixer(url));
  await fail(5);
  await until('all errors to arrive', async () => (await count(api)) === logged);
  await until('the watcher to let go of all', async () => (await waiting()) === 0);
  expect(await count(api)).toBe(12);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('levautofix_watcher_spool_dropped_total 0\n');
  expect(metrics).not.toContain('reports_delivered_total');
});

async function startWatcher(port: string): Promise<ServiceProcess> {
  const watcher = startService('watcher', ['start'], {
    ...shared,
    HOME: folder,
    PORT: port,
    LOG_FILES: log,
    STATE_DIR: join(folder, 'watcher'),
    RELAY_MODE: 'pull',
    MIN_SEVERITY: 'low',
    SETTLE_MS: '200',
  });
  running.push(watcher);
  await watcher.waitFor(/State is kept/);
  return watcher;
}

async function startFixer(watcherUrl: string): Promise<{ fixer: ServiceProcess; api: string }> {
  const fixer = startService('fixer', ['start'], {
    ...shared,
    HOME: folder,
    PORT: '0',
    DATA_DIR: join(folder, 'fixer'),
    REPO_PATH: join(folder, 'repository'),
    DASHBOARD_TOKEN: token,
    WATCHER_URLS: watcherUrl,
    SANDBOX: 'off',
    // Nobody answers, so that nothing is repaired here.
    APPROVE_BEFORE: 'repair',
  });
  running.push(fixer);
  const [, api = ''] = await fixer.waitFor(/Takes reports at (http:\/\/127\.0\.0\.1:\d+)/);
  return { fixer, api };
}

async function count(api: string): Promise<number> {
  const response = await fetch(`${api}/api/incidents`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await response.json()) as Page<IncidentView>;
  expect(items.length).toBeLessThanOrEqual(1);
  return items[0]?.count ?? 0;
}
