// One watcher for each state folder: a lock that names its owner, so that a dead owner's lock is taken over.
import { mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';

/**
 * Takes the lock and answers how to give it back. The lock is a symbolic link whose target is the owner: made in one step, and
 * possible on a disk that is full.
 * @throws Fault `state_locked` while another live process holds it.
 */
export async function lockState(folder: string, pid: number): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
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
    const owner = await readlink(path).catch(() => null);
    if (owner === null) continue;
    if (await isAlive(owner)) {
      throw new Fault({
        code: 'state_locked',
        message: `Another watcher (process ${owner.split('.')[0]}) uses the state folder ${folder}.`,
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

/** A process id alone is given out again after a restart; together with its start time it is not. */
async function isAlive(owner: string): Promise<boolean> {
  const [pid = '', startedAt = ''] = owner.split('.');
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  const current = await startTime(number);
  if (current !== '') return current === startedAt;
  try {
    process.kill(number, 0);
    return startedAt === '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' && startedAt === '';
  }
}

/** Field 22 of /proc/PID/stat; empty where there is no such process or no such file system. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function unusable(folder: string, error: unknown): Fault {
  return new Fault({
    code: 'state_unusable',
    message: `Cannot use the state folder ${folder} (${(error as Error).message}).`,
    remedy: 'Set STATE_DIR to a folder that this user may write to.',
    cause: error,
  });
}
