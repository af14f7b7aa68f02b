import { randomUUID } from 'node:crypto';
import { createIncidentStore } from '@levautofix/fixer/adapters/mongo/incident-store';
import { createLedgerStore } from '@levautofix/fixer/adapters/mongo/ledger-store';
import { createModels, type Models } from '@levautofix/fixer/adapters/mongo/models';
import { openMongoStore } from '@levautofix/fixer/adapters/mongo/open-mongo-store';
import { describeCaps } from '@levautofix/fixer/budget/caps.conformance';
import type { LedgerEntry } from '@levautofix/fixer/ports/ledger-store';
import { describeStore, type TestDatabase } from '@levautofix/fixer/ports/store.conformance';
import { sampleReport } from '@levautofix/contract/sample-report.testkit';
import { createConnection, type Connection } from 'mongoose';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMongoServer } from './mongo-server.js';

const server = await startMongoServer();
const newDatabase = () => server!.uri(`levautofix_test_${randomUUID().slice(0, 8)}`);
const report = sampleReport({ id: 'r1', fingerprint: 'v1:0000000000000001', count: 3 });
const hold: LedgerEntry = {
  ...{ id: 'hold', jobId: 'job-1', attempt: 1, rung: 'codex', at: 1 },
  ...{ usd: 2, tokens: 0, kind: 'reserved', settles: null },
};

describe.skipIf(!server)('a MongoDB server', () => {
  afterAll(() => server?.stop());

  const createDatabase = (): Promise<TestDatabase> => {
    const uri = newDatabase();
    return Promise.resolve({ connect: () => openMongoStore({ uri }), remove: () => dropDatabase(uri) });
  };
  describeStore('the MongoDB store', createDatabase);
  describeCaps('the MongoDB store', createDatabase);

  describe('a process that dies between two writes', () => {
    let uri: string;
    let connection: Connection;
    let models: Models;

    beforeEach(async () => {
      uri = newDatabase();
      connection = await createConnection(uri).asPromise();
      models = createModels(connection);
    });
    afterEach(async () => {
      await connection.close();
      await dropDatabase(uri);
    });

    it('has counted the report once, when it is sent again after the count but before its receipt', async () => {
      const dying = createIncidentStore({ ...models, receipts: dyingAt(models.receipts, 'updateOne') });
      await expect(dying.record(report, 0)).rejects.toThrow('killed');
      await countsOnceAfterwards();
    });

    it('has counted the report once, when it is sent again after the receipt but before the clean-up', async () => {
      const dying = createIncidentStore({ ...models, incidents: dyingAt(models.incidents, 'updateOne') });
      await expect(dying.record(report, 0)).rejects.toThrow('killed');
      await countsOnceAfterwards();
    });

    it('finds a reservation that was let through but not yet written', async () => {
      const dying = createLedgerStore({ ...models, ledger: dyingAt(models.ledger, 'collection') });
      await expect(dying.reserve(hold, { since: 0, capUsd: 3 })).rejects.toThrow('killed');
      const ledger = createLedgerStore(models);
      expect(await ledger.reserve({ ...hold, id: 'other' }, { since: 0, capUsd: 3 })).toBe(false);
      expect(await ledger.total({ since: 0 })).toEqual({ usd: 2, heldUsd: 2, tokens: 0 });
    });

    async function countsOnceAfterwards() {
      const incidents = createIncidentStore(models);
      for (let tries = 0; tries < 2; tries++) {
        expect(await incidents.record(report, 0)).toMatchObject({ isDuplicate: true, incident: { count: 3 } });
      }
      expect(await incidents.record({ ...report, id: 'r2' }, 0)).toMatchObject({ incident: { count: 6 } });
    }
  });

  it('refuses a database of a newer version', async () => {
    const uri = newDatabase();
    const store = await openMongoStore({ uri });
    await store.settings.set('schemaVersion', '99');
    await store.close();
    await expect(openMongoStore({ uri })).rejects.toMatchObject({ code: 'database_newer' });
    await dropDatabase(uri);
  });

  it.skipIf(!server?.crash)(
    'keeps what it acknowledged when the server is killed, and goes on when it is back',
    async () => {
      const store = await openMongoStore({ uri: newDatabase() });
      await store.incidents.record(report, 0);
      await server!.crash!();
      expect(await store.incidents.record(report, 0)).toMatchObject({ isDuplicate: true, incident: { count: 3 } });
      await store.close();
    },
  );
});

/** A collection of a process that is killed when it comes to `member`. */
function dyingAt<T extends object>(model: T, member: string): T {
  return new Proxy(model, {
    get(target, name) {
      if (name === member) throw new Error('killed');
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function dropDatabase(uri: string): Promise<void> {
  const connection = await createConnection(uri).asPromise();
  await connection.dropDatabase();
  await connection.close();
}
