// What goes wrong with a database file, and what to do about it.
import { dirname } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';

export function sqliteFault(error: unknown, file: string): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: string } | null)?.code ?? '';
  const known = catalogue.find(({ pattern }) => pattern.test(code) || pattern.test(message));
  return new Fault({
    code: known?.code ?? 'database_fault',
    message: `The database ${file} ${known?.says ?? 'refused a statement'}: ${message}.`,
    remedy: known?.remedy(file) ?? 'Please report this as a bug, with the message.',
    isRetryable: known?.isRetryable ?? false,
    cause: error,
  });
}

const catalogue = [
  {
    pattern: /SQLITE_(BUSY|LOCKED)|database is locked/,
    code: 'database_busy',
    says: 'is busy',
    remedy: () => 'It is tried again; if this goes on, look for another process that holds the file open.',
    isRetryable: true,
  },
  {
    pattern: /SQLITE_FULL|disk is full/,
    code: 'disk_full',
    says: 'cannot grow',
    remedy: (file: string) => `Free space on the disk that holds ${dirname(file)}.`,
    isRetryable: true,
  },
  {
    pattern: /SQLITE_(CORRUPT|NOTADB)|malformed|not a database/,
    code: 'database_corrupt',
    says: 'is damaged',
    remedy: (file: string) =>
      `Stop the fixer and restore ${file} from a backup, or move it aside together with its -wal and -shm files to start with an empty queue; branches and pull requests are not touched.`,
    isRetryable: false,
  },
  {
    pattern: /SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|unable to open|readonly/,
    code: 'database_unreachable',
    says: 'cannot be opened for writing',
    remedy: (file: string) =>
      `Make ${dirname(file)} a folder that this user may write, or set DATA_DIR to another one.`,
    isRetryable: false,
  },
  {
    pattern: /SQLITE_IOERR|disk I\/O error/,
    code: 'disk_error',
    says: 'could not be read or written',
    remedy: (file: string) => `Check the disk that holds ${dirname(file)}.`,
    isRetryable: true,
  },
];
