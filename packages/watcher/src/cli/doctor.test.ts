import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@levautofix/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { composeWatcher } from '../compose.js';
import { loadWatcherConfig } from '../config/config.js';
import { runCli } from './run-cli.testkit.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeFile(join(folder, 'app.log'), 'up\n');
});
afterEach(() => rm(folder, { recursive: true }));

const good = { LOG_FILES: '*.log', RELAY_SECRET: '0123456789abcdef', RELAY_MODE: 'pull', PORT: '0' };
const doctor = (env: Record<string, string> = {}, args: string[] = []) =>
  runCli(['doctor', ...args], { cwd: folder, env: { ...good, ...env } });

async function listen(onRequest: (request: IncomingMessage) => void = () => undefined): Promise<number> {
  const server = createServer((request, response) => {
    onRequest(request);
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('doctor', () => {
  it('finds nothing wrong where a start would work', async () => {
    const { code, stdout } = await doctor();
    expect(stdout).not.toMatch(/^[^✓]/m);
    expect(stdout).toContain('✓ log sources: 1 found\n');
    expect(code).toBe(0);
  });

  it.each([
    ['taken', async () => ({ PORT: String(await listen()) }), /EADDRINUSE\)\.\n +Stop the other process/],
    ['none of this machine', () => ({ HOST: '192.0.2.1', PORT: '0' }), /EADDRNOTAVAIL\)\.\n +Set HOST and PORT/],
  ])('tells of an address that is %s, as the start would, and looks at the rest', async (_name, env, expected) => {
    const { code, stdout } = await doctor(await env());
    expect(stdout).toMatch(expected);
    expect(stdout).toMatch(/^✗ address: Cannot listen on /m);
    expect(stdout.match(/^. address:/gm)).toHaveLength(1);
    expect(stdout).toContain('✓ log sources: 1 found\n');
    expect(code).toBe(1);
  });

  it('is content with the port that the watcher of this very state folder holds', async () => {
    const watcher = await composeWatcher(await loadWatcherConfig(good, { cwd: folder }), { log: silentLogger });
    await watcher.start();
    onTestFinished(() => watcher.stop());
    const { code, stdout } = await doctor({ PORT: new URL(watcher.httpUrl).port });
    expect(stdout).toContain('✓ running watcher: ok\n');
    expect(code).toBe(0);
  });

  it('names each thing that is no log file, with the reason', async () => {
    await mkdir(join(folder, 'logs'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const { code, stdout } = await doctor({ LOG_FILES: 'app.log,logs,pipe' });
    expect(stdout).toContain('log sources: 1 found, 2 that cannot be read\n');
    expect(stdout).toContain(`✗ log source: ${join(folder, 'logs')} is not a regular file, but a folder.\n`);
    expect(stdout).toContain(`✗ log source: ${join(folder, 'pipe')} is not a regular file.\n`);
    expect(code).toBe(1);
  });

  // Nothing is closed to root.
  it.skipIf(process.getuid?.() === 0)('tells a folder that it may not list from missing files', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o300);
    const { code, stdout } = await doctor({ LOG_FILES: 'closed/*.log' });
    expect(stdout).toContain(`✗ log source: The folder ${closed} cannot be listed`);
    expect(code).toBe(1);
    expect((await doctor({ LOG_FILES: '**/*.log' })).code).toBe(0);
  });

  it('asks the fixer by the way of the relay, also with a password in the address', async () => {
    const seen: IncomingMessage[] = [];
    const port = await listen((request) => seen.push(request));
    const FIXER_URL = `http://bob:pass-in-url@127.0.0.1:${port}`;
    const { code, stdout } = await doctor({ RELAY_MODE: 'push', FIXER_URL });
    expect(stdout).toContain(`✓ fixer: http://127.0.0.1:${port} answers and accepts the signature\n`);
    expect(stdout).not.toContain('pass-in-url');
    expect(code).toBe(0);
    expect(seen[0]?.headers).toMatchObject({ authorization: expect.stringMatching(/^Basic /) as string });
  });

  it('says why the fixer cannot be reached', async () => {
    const { code, stdout } = await doctor({ RELAY_MODE: 'push', FIXER_URL: 'http://bob:pass-in-url@127.0.0.1:1' });
    expect(stdout).toContain('✗ fixer: The fixer at http://127.0.0.1:1 cannot be reached (ECONNREFUSED).\n');
    expect(code).toBe(1);
  });

  it('says in its help what its own argument is for', async () => {
    const { code, stdout } = await doctor({}, ['--help']);
    expect(stdout).toMatch(/source +- checks for `start -`/);
    expect(code).toBe(0);
    const { LOG_FILES: _, ...env } = good;
    expect((await runCli(['doctor', '-'], { cwd: folder, env })).code).toBe(0);
  });
});
