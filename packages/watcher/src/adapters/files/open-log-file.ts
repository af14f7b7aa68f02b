// Opens a log file for reading and nothing else, and proves on the open handle that it is a file the operator meant.
import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, type BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';
import { isBelow } from '../../domain/is-below.js';

// NONBLOCK: a named pipe put in a log's place must not hang the process; NOCTTY: nor a terminal become ours.
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW;

export interface OpenedFile {
  descriptor: number;
  stats: BigIntStats;
}

/**
 * `roots` are real paths of folders. Links are followed only to files below one of them, which is checked on the opened file:
 * a link that is swapped between look and open is noticed.
 *
 * @throws Fault `log_outside_roots`, `log_not_regular`; the system's error where the file cannot be opened.
 */
export function openLogFile(path: string, roots: readonly string[]): OpenedFile {
  const target = realpathSync(path);
  if (!isBelow(target, roots)) throw outsideRoots(path, target);
  const descriptor = openSync(target, readOnly);
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) {
      throw new Fault({
        code: 'log_not_regular',
        message: `${path} is not a regular file${stats.isDirectory() ? ', but a folder' : ''}.`,
        remedy: stats.isDirectory()
          ? 'Name the log files in it in LOG_FILES, for example by /*.log at the end.'
          : 'Name log files only in LOG_FILES; read a pipe through standard input instead.',
      });
    }
    const opened = pathOfDescriptor(descriptor) ?? realpathSync(path);
    if (!isBelow(opened, roots)) throw outsideRoots(path, opened);
    return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Linux says what a descriptor really is; elsewhere the path is resolved a second time. */
function pathOfDescriptor(descriptor: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${String(descriptor)}`);
  } catch {
    return null;
  }
}

function outsideRoots(path: string, target: string): Fault {
  const isLink = target !== resolve(path);
  return new Fault({
    code: 'log_outside_roots',
    message: `${path} ${isLink ? 'is a link that leads out of' : 'lies outside'} the watched folders.`,
    remedy: `Name the folder it ${isLink ? 'leads to' : 'lies in'} in LOG_ROOTS if that is meant.`,
  });
}
