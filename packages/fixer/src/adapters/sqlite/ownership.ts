// Makes one process the owner of a data folder. The lock is the operating system's: it ends with the process, however it dies.
import { join } from 'node:path';
import Database from 'libsql';
import { Fault } from '@levautofix/service-kit/fault';
import { sqliteFault } from './sqlite-fault.js';

/** Answers what gives the folder up again. */
export function takeOwnership(folder: string): () => void {
  const file = join(folder, 'owner.lock');
  let database: Database.Database;
  try {
    database = new Database(file);
    // A file of its own, so that holding it locked for good leaves the real database free for readers.
    database.exec('PRAGMA busy_timeout = 500; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    const fault = sqliteFault(error, file);
    if (fault.code !== 'database_busy') throw fault;
    throw new Fault({
      code: 'data_folder_in_use',
      message: `Another fixer is already running on ${folder}.`,
      remedy: 'Stop it, or give this one its own DATA_DIR; to let several fixers share one queue, set MONGODB_URI.',
      cause: error,
    });
  }
  return () => database.close();
}
