import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCaps } from '../../budget/caps.conformance.js';
import { describeStore, type TestDatabase } from '../../ports/store.conformance.js';
import { openSqliteStore } from './open-sqlite-store.js';

const createDatabase = async (): Promise<TestDatabase> => {
  const folder = await mkdtemp(join(tmpdir(), 'levautofix-sqlite-'));
  return {
    connect: () => openSqliteStore({ folder, isShared: true }),
    remove: () => rm(folder, { recursive: true }),
  };
};

describeStore('the SQLite store', createDatabase);
describeCaps('the SQLite store', createDatabase);
