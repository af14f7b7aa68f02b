import { spawn } from 'node:child_process';
import { mkdtemp, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockState } from './state-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lets one live owner in at a time', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.once('spawn', resolve));
  await lockState(folder, child.pid);
  await expect(lockState(folder, process.pid)).rejects.toMatchObject({ code: 'state_locked' });
  child.kill('SIGKILL');
  await gone;
  const unlock = await lockState(folder, process.pid);
  expect(await readlink(join(folder, 'lock'))).toMatch(new RegExp(`^${process.pid}\\b`));
  await unlock();
  await expect(readlink(join(folder, 'lock'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('sees through a process id that was given out again', async () => {
  await symlink(`${process.pid}.1`, join(folder, 'lock'));
  await expect(lockState(folder, process.pid)).resolves.toBeTypeOf('function');
});

it('takes over a lock that names nobody', async () => {
  await symlink('rubbish', join(folder, 'lock'));
  await expect(lockState(folder, process.pid)).resolves.toBeTypeOf('function');
});

it('makes the folder with all above it, for this user alone', async () => {
  const state = join(folder, 'var', 'state');
  await (
    await lockState(state, process.pid)
  )();
  for (const path of [state, join(folder, 'var')]) expect((await stat(path)).mode & 0o777).toBe(0o700);
});

it.each([
  ['where no folder can be made', () => Promise.resolve('/proc/x/y')],
  ['below a file', async () => (await writeFile(join(folder, 'file'), ''), join(folder, 'file', 'state'))],
  [
    'below a link to nowhere',
    async () => (await symlink('nowhere', join(folder, 'link')), join(folder, 'link', 'state')),
  ],
])('says that the folder cannot be used %s', async (_name, place) => {
  await expect(lockState(await place(), process.pid)).rejects.toMatchObject({ code: 'state_unusable' });
});
