// One watcher for each state folder: a lock that names its owner, so that a dead owner's lock is taken over.
import { execFile } from 'node:child_process';
import { mkdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@levautofix/service-kit/fault';

const runFile = promisify(execFile);

/**
 * Takes the lock and answers how to give it back. The lock is a symbolic link whose target is the owner: made in one step, and
 * possible on a disk that is full.
 * @throws Fault `state_locked` while another live process holds it.
 */
export async function lockState(folder: string, owner?: number): Promise<() => Promise<void>> {
  const pid = owner ?? (await ownPid());
  await makeFolder(folder).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  const path = join(folder, 'lock');
  const me = `${pid}.${await startTime(pid)}`;
  for (let round = 0; round < 10; round++) {
    try {
      await symlink(me, path);
      return async () => {
        if ((await readlink(path).catch(() => null)) === me) await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(folder, error);
    }
    const holder = await readlink(path).catch(() => null);
    if (holder === null) continue;
    if (await isAlive(holder)) {
      throw new Fault({
        code: 'state_locked',
        message: `Another watcher (process ${holder.split('.')[0]}) uses the state folder ${folder}.`,
        remedy: 'Stop it, or give this one a STATE_DIR of its own.',
      });
    }
    // Renaming first makes sure that of two that find a dead owner only one removes this very lock.
    const aside = `${path}.${pid}`;
    await rename(path, aside).catch(() => undefined);
    await rm(aside, { force: true });
  }
  throw unusable(folder, new Error('the lock keeps changing hands'));
}

/** Level by level: where a folder that is there takes no other (/proc), Node's own recursion tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
    // Another watcher may have made it in between.
    if (error.code === 'EEXIST' && (await isFolder(folder))) return;
    throw error.code === 'ENOENT' ? new Error(`no folder can be made in ${parent}`) : error;
  });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** A process id alone is given out again after a restart; together with its start time it is not. */
async function isAlive(holder: string): Promise<boolean> {
  const [pid = '', startedAt = ''] = holder.split('.');
  return /^[1-9]\d*$/.test(pid) && startedAt !== '' && (await startTime(Number(pid))) === startedAt;
}

/** Text that differs for another process with the same id; empty where there is no such process. */
async function startTime(pid: number): Promise<string> {
  try {
    // Field 22, counted after the name, which may hold spaces and brackets.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc, or no such process.
    const { stdout } = await runFile('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return stdout.replace(/\W+/g, '-');
  }
}

async function ownPid(): Promise<number> {
  const self = await readlink('/proc/self').catch(async () => (await runFile('sh', ['-c', 'echo $PPID'])).stdout);
  return Number(self);
}

function unusable(folder: string, error: unknown): Fault {
  return new Fault({
    code: 'state_unusable',
    message: `Cannot use the state folder ${folder} (${(error as Error).message}).`,
    remedy: 'Set STATE_DIR to a folder that this user may write to.',
    cause: error,
  });
}
