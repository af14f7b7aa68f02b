// What the scripts and the fixer's command line say of themselves, as real processes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/run.mjs', ...args], { cwd: root, encoding: 'utf8' });

it.each(['boundary', 'flood', 'gate', 'live', 'redaction', 'rotation', 'slow-lines', 'watcher'])(
  'bench %s says how it is used instead of running',
  (name) => {
    const { status, stdout, stderr } = run('scripts/bench', name, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: pnpm bench ${name}`);
  },
);

it.each([
  ['bench', ['scripts/bench', 'flood', '--nonsense']],
  ['start', ['scripts/start', '--nonsense']],
])('%s refuses an unknown option in one line', (_what, args) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toContain("Unknown option '--nonsense'");
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

it('fixer says its version, and its name alike for each command', () => {
  expect(run('fixer', '--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
  expect(run('fixer', 'start', '--help').stdout).toContain('Usage: levautofix start');
});
