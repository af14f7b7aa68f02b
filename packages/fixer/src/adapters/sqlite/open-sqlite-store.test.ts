import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStore } from '../../ports/store.conformance.js';
import { openSqliteStore } from './open-sqlite-store.js';

describeStore('the SQLite store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'levautofix-sqlite-'));
  return {
    connect: () => openSqliteStore({ folder, isShared: true }),
    remove: () => rm(folder, { recursive: true }),
  };
});
