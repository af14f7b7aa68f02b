import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from './connection.js';
import { openSqliteStore } from './open-sqlite-store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'levautofix-owner-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

it('refuses a second owner with a remedy, lets a command look, and is free again after the owner closed', async () => {
  const owner = await openSqliteStore({ folder });
  await expect(openSqliteStore({ folder })).rejects.toMatchObject({
    code: 'data_folder_in_use',
    remedy: expect.stringContaining('MONGODB_URI') as string,
  });
  const onlooker = await openSqliteStore({ folder, isShared: true });
  await owner.settings.set('a', '1');
  expect(await onlooker.settings.get('a')).toBe('1');
  await onlooker.close();
  await owner.close();
  await (await openSqliteStore({ folder })).close();
});

it('writes durably: write-ahead log with full synchronisation', () => {
  const connection = new Connection(join(folder, 'a.sqlite'));
  expect(connection.first('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  expect(connection.first('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  connection.close();
});

it('brings incidents and jobs of an older version up to date', async () => {
  await (await openSqliteStore({ folder })).close();
  const connection = new Connection(join(folder, 'levautofix.db'));
  connection.exec(`DROP INDEX incidents_by_state; PRAGMA user_version = 1;
    INSERT INTO incidents (id, state, last_seen_at, version, body) VALUES ('i', 'open', 1, 1, '{"id":"i","version":1}');
    INSERT INTO jobs (id, service, fingerprint, state, is_open, severity, created_at, not_before, fence, version, crashes, body)
    VALUES ('j', 's', 'f', 'queued', 1, 1, 1, 1, 0, 0, 0, '{"id":"j"}')`);
  connection.close();
  const store = await openSqliteStore({ folder });
  expect(await store.incidents.get('i')).toEqual({ id: 'i', version: 1, reason: null, sightings: [], fixes: [] });
  expect(await store.jobs.get('j')).toMatchObject({ id: 'j', predecessor: null, admittedAt: null });
  await store.close();
});

it('refuses a database of a newer version and leaves it as it is', async () => {
  await (await openSqliteStore({ folder })).close();
  const connection = new Connection(join(folder, 'levautofix.db'));
  connection.exec('PRAGMA user_version = 99');
  connection.close();
  await expect(openSqliteStore({ folder })).rejects.toMatchObject({ code: 'database_newer' });
});

it('says what to do about a damaged file, and does not overwrite it', async () => {
  const file = join(folder, 'levautofix.db');
  await writeFile(file, 'this is no database, '.repeat(500));
  await expect(openSqliteStore({ folder })).rejects.toMatchObject({
    code: 'database_corrupt',
    remedy: expect.stringContaining('backup') as string,
  });
  expect(await readFile(file, 'utf8')).toContain('this is no database');
});

it('finds damage in the middle of a file when it opens it', async () => {
  const store = await openSqliteStore({ folder });
  for (let index = 0; index < 200; index++) await store.settings.set(`key-${index}`, 'x'.repeat(500));
  await store.close();
  const file = join(folder, 'levautofix.db');
  const bytes = await readFile(file);
  bytes.fill(0xff, bytes.length - 8_192, bytes.length - 4_096);
  await writeFile(file, bytes);
  await expect(openSqliteStore({ folder })).rejects.toMatchObject({ code: 'database_corrupt' });
});

it('never takes a file that was cut short for a whole one', async () => {
  const store = await openSqliteStore({ folder });
  for (let index = 0; index < 100; index++) await store.settings.set(`key-${index}`, 'x'.repeat(500));
  await store.close();
  const file = join(folder, 'levautofix.db');
  const bytes = await readFile(file);
  // What is still in the write-ahead log would make up for what is cut off.
  await Promise.all(['-wal', '-shm'].map((suffix) => rm(file + suffix, { force: true })));
  for (let part = 1; part < 20; part++) {
    await writeFile(file, bytes.subarray(0, Math.floor((bytes.length * part) / 20)));
    await expect(openSqliteStore({ folder }), `${part} of 20 parts`).rejects.toMatchObject({
      code: 'database_corrupt',
    });
  }
});

it('says what to do about a folder that cannot be made', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(openSqliteStore({ folder: join(folder, 'file', 'data') })).rejects.toMatchObject({
    code: 'database_unreachable',
    remedy: expect.stringContaining('DATA_DIR') as string,
  });
});
