// Behaviour of the process runner, shown with short real programs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ProcessSpec } from '../../ports/process-runner.js';
import { ExecaProcessRunner } from './execa-process-runner.js';

const folder = mkdtempSync(join(tmpdir(), 'runner-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runner = new ExecaProcessRunner({ killGraceMs: 150 });
const node = (script: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  command: process.execPath,
  args: ['-e', script],
  cwd: folder,
  env: {},
  timeoutMs: 10_000,
  ...more,
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('ExecaProcessRunner', () => {
  it('answers exit code and both streams, apart and together', async () => {
    const outcome = await runner.run(node(`console.log('out'); console.error('err'); process.exitCode = 3`));
    expect(outcome).toMatchObject({ exitCode: 3, signal: null, isTimeout: false, stdout: 'out\n', stderr: 'err\n' });
    expect(outcome.output).toContain('out\n');
    expect(outcome.output).toContain('err\n');
  });

  it('gives the child its own environment and nothing of ours', async () => {
    process.env.RUNNER_SECRET = 'visible';
    const outcome = await runner.run(node(`console.log(JSON.stringify(process.env))`, { env: { A: '1' } }));
    delete process.env.RUNNER_SECRET;
    expect(JSON.parse(outcome.stdout)).toEqual({ A: '1' });
  });

  it('hands over standard input and extra inputs', async () => {
    const outcome = await runner.run(
      node(
        `const fs = require('fs'); console.log(fs.readFileSync(0, 'utf8') + fs.readFileSync(3) + fs.readFileSync(4))`,
        {
          input: 'a',
          extraInputs: [Buffer.from('b'), Buffer.from('c')],
        },
      ),
    );
    expect(outcome.stdout).toBe('abc\n');
  });

  it('survives a program that does not read its input', async () => {
    const outcome = await runner.run(node(`process.exit(0)`, { input: 'x'.repeat(5_000_000) }));
    expect(outcome.exitCode).toBe(0);
  });

  it('keeps the end of a flood and counts the rest', async () => {
    const flood = `const line = 'x'.repeat(99) + '\\n'; for (let i = 0; i < 200000; i++) require('fs').writeSync(1, line); require('fs').writeSync(1, 'last')`;
    const outcome = await runner.run(node(flood, { maxOutputBytes: 10_000 }));
    expect(outcome.stdout.length).toBe(10_000);
    expect(outcome.stdout.endsWith('last')).toBe(true);
    expect(outcome.droppedBytes).toBe(200_000 * 100 + 4 - 10_000);
  });

  it('never cuts a character in half', async () => {
    const outcome = await runner.run(node(`process.stdout.write('€'.repeat(100))`, { maxOutputBytes: 100 }));
    expect(outcome.stdout).toBe('€'.repeat(33));
  });

  it('calls back for each whole line, the last one too', async () => {
    const lines: string[] = [];
    await runner.run(
      node(`process.stdout.write('one\\ntw'); setTimeout(() => process.stdout.write('o\\r\\nthr€e'), 20)`, {
        onLine: (line) => lines.push(line),
      }),
    );
    expect(lines).toEqual(['one', 'two', 'thr€e']);
  });

  it('ends a group that ignores SIGTERM at the deadline, grandchildren too', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
    const outcome = await runner.run(
      node(
        `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' });
         console.log(process.pid, child.pid); ${stubborn}`,
        { timeoutMs: 400 },
      ),
    );
    expect(outcome).toMatchObject({ isTimeout: true, exitCode: null, signal: 'SIGKILL' });
    expect(outcome.durationMs).toBeLessThan(3_000);
    const pids = outcome.stdout.trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('ends at the deadline what has gone into a session of its own', async () => {
    const outcome = await runner.run(
      node(
        `const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
         console.log(child.pid); setInterval(() => {}, 1000)`,
        { timeoutMs: 300 },
      ),
    );
    expect(outcome).toMatchObject({ isTimeout: true, signal: 'SIGTERM' });
    await expect.poll(() => isAlive(Number(outcome.stdout)), { interval: 5, timeout: 1_000 }).toBe(false);
  });

  it('does not wait for a grandchild that keeps the pipes open, and ends it', async () => {
    const outcome = await runner.run(
      node(
        `const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
         console.log(child.pid); process.exit(0)`,
      ),
    );
    expect(outcome.exitCode).toBe(0);
    expect(outcome.durationMs).toBeLessThan(3_000);
    expect(isAlive(Number(outcome.stdout))).toBe(false);
  });

  it('stops when cancelled, and does not start when cancelled before', async () => {
    const controller = new AbortController();
    const outcome = await runner.run(
      node(`console.log('up'); setInterval(() => {}, 1000)`, { onLine: () => controller.abort() }),
      controller.signal,
    );
    expect(outcome).toMatchObject({ isCancelled: true, isTimeout: false, signal: 'SIGTERM' });
    expect(await runner.run(node(`console.log('up')`), controller.signal)).toMatchObject({
      isCancelled: true,
      stdout: '',
    });
  });

  it('ends a program that fills the disk', async () => {
    let free = 3_000;
    const watched = new ExecaProcessRunner({
      minFreeBytes: 1_000,
      freeBytesOf: () => Promise.resolve((free -= 1_500)),
    });
    const outcome = await watched.run(node(`setInterval(() => {}, 1000)`));
    expect(outcome).toMatchObject({ isDiskFull: true, isTimeout: false, signal: 'SIGTERM' });
  });

  it('says in words why a program could not be started', async () => {
    const missing = await runner.run({ ...node(''), command: '/nowhere/agent' });
    expect(missing.spawnError).toContain('/nowhere/agent was not found');
    expect(missing.exitCode).toBeNull();
    const noFolder = await runner.run({ ...node(''), cwd: '/nowhere' });
    expect(noFolder.spawnError).toContain('/nowhere');
  });
});
