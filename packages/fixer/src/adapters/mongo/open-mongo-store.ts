// Opens the store on a MongoDB server, for fixers that share one queue.
import { createConnection, type Connection } from 'mongoose';
import { Fault } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { withoutPasswords } from '../../domain/without-passwords.js';
import type { SettingsStore, Store } from '../../ports/store.js';
import { createIncidentStore } from './incident-store.js';
import { createJobStore } from './job-store.js';
import { createLedgerStore } from './ledger-store.js';
import { isDuplicateKey, mongoFault } from './mongo-fault.js';
import { createModels, type Models } from './models.js';

export interface MongoStoreOptions {
  /** Where it names no database, `levautofix` is used. */
  uri: string;
  log?: Logger;
  /** How long to look for a usable server before it counts as away. */
  serverSelectionTimeoutMs?: number;
}

/** Raised when documents written by this version cannot be read by an older one. */
const schemaVersion = 1;

export async function openMongoStore({
  uri,
  log,
  serverSelectionTimeoutMs = 5_000,
}: MongoStoreOptions): Promise<Store> {
  const toFault = (error: unknown) => mongoFault(error, uri);
  let connection: Connection | undefined;
  try {
    connection = createConnection(uri, {
      ...(!namesDatabase(uri) && { dbName: 'levautofix' }),
      appName: 'levautofix',
      autoIndex: false,
      autoCreate: false,
      bufferCommands: false,
      ignoreUndefined: true,
      serverSelectionTimeoutMS: serverSelectionTimeoutMs,
      socketTimeoutMS: 60_000,
      // What was acknowledged survives the loss of a primary and of its power.
      writeConcern: { w: 'majority', journal: true },
    });
    await connection.asPromise();
    const models = createModels(connection);
    const settings = createSettings(models);
    await checkVersion(settings, uri);
    for (const model of Object.values(models)) await (model as Models['jobs']).createIndexes();
    log?.debug({ server: withoutPasswords(uri) }, 'database opened');
    const open = connection;
    return {
      incidents: withFaults(createIncidentStore(models), toFault),
      jobs: withFaults(createJobStore(models), toFault),
      ledger: withFaults(createLedgerStore(models), toFault),
      settings: withFaults(settings, toFault),
      async check() {
        await open.db?.command({ ping: 1 }).catch((error: unknown) => {
          throw toFault(error);
        });
      },
      close: () => open.close(),
    };
  } catch (error) {
    await connection?.close(true).catch(() => {});
    throw toFault(error);
  }
}

function createSettings({ settings }: Models): SettingsStore {
  return {
    async get(key) {
      return (await settings.findById(key).lean().exec())?.value ?? null;
    },
    async set(key, value) {
      const write = () => settings.updateOne({ _id: key }, { $set: { value } }, { upsert: true });
      // Two first writes at once: the loser finds the document and updates it.
      await write().catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
        return write();
      });
    },
  };
}

async function checkVersion(settings: SettingsStore, uri: string): Promise<void> {
  const stored = Number((await settings.get('schemaVersion')) ?? 0);
  if (stored > schemaVersion) {
    throw new Fault({
      code: 'database_newer',
      message: `The database at ${withoutPasswords(uri)} was written by a newer LevAutoFix (schema ${stored}, this one knows ${schemaVersion}).`,
      remedy: 'Update this fixer, or name another database in MONGODB_URI.',
    });
  }
  if (stored < schemaVersion) await settings.set('schemaVersion', String(schemaVersion));
}

/** The same port with what the driver throws turned into faults. */
function withFaults<T extends object>(port: T, toFault: (error: unknown) => Fault): T {
  const guarded = Object.entries(port).map(([name, method]) => [
    name,
    async (...values: unknown[]) => {
      try {
        return await (method as (...values: unknown[]) => Promise<unknown>)(...values);
      } catch (error) {
        throw toFault(error);
      }
    },
  ]);
  return Object.fromEntries(guarded) as T;
}

function namesDatabase(uri: string): boolean {
  return /^[\w+.-]+:\/\/[^/]+\/[^?]+/.test(uri);
}
