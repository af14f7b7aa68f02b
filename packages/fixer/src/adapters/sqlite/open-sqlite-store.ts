// Opens the embedded database: the default store, which needs no server.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@levautofix/service-kit/logger';
import type { Store } from '../../ports/store.js';
import { Connection } from './connection.js';
import { createIncidentStore } from './incident-store.js';
import { createJobStore } from './job-store.js';
import { createLedgerStore } from './ledger-store.js';
import { migrate } from './migrations.js';
import { takeOwnership } from './ownership.js';
import { sqliteFault } from './sqlite-fault.js';

export interface SqliteStoreOptions {
  /** Made when it does not exist. */
  folder: string;
  /**
   * Opens beside a running fixer, for a command that looks or decides. Without it this process becomes the folder's owner,
   * and a second owner is refused: two services would both answer the chat and sweep each other's worktrees.
   */
  isShared?: boolean;
  log?: Logger;
}

export async function openSqliteStore({ folder, isShared = false, log }: SqliteStoreOptions): Promise<Store> {
  const file = join(folder, 'levautofix.db');
  try {
    // Incidents hold log lines of production: nobody else on this machine has business with them.
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw sqliteFault(Object.assign(new Error((error as Error).message), { code: 'SQLITE_CANTOPEN' }), file);
  }
  const giveUp = isShared ? () => {} : takeOwnership(folder);
  let db: Connection | undefined;
  try {
    db = new Connection(file);
    // Told, because an operator who expected an old queue should learn that this is none.
    if (migrate(db)) log?.info({ file }, 'a new database was made');
    checkIntegrity(db);
  } catch (error) {
    db?.close();
    giveUp();
    throw error;
  }
  const connection = db;
  log?.debug({ file }, 'database opened');
  return {
    incidents: createIncidentStore(connection),
    jobs: createJobStore(connection),
    ledger: createLedgerStore(connection),
    settings: {
      async get(key) {
        return (connection.first('SELECT value FROM settings WHERE key = ?', key)?.value ?? null) as string | null;
      },
      async set(key, value) {
        connection.run(
          'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
          key,
          value,
        );
      },
    },
    async check() {
      connection.first('SELECT COUNT(*) FROM settings');
    },
    async close() {
      connection.close();
      giveUp();
    },
  };
}

function checkIntegrity(db: Connection): void {
  const [first] = Object.values(db.first('PRAGMA quick_check(1)') ?? {});
  if (first === 'ok') return;
  throw sqliteFault(Object.assign(new Error(String(first)), { code: 'SQLITE_CORRUPT' }), db.file);
}
