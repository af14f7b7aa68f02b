import { randomUUID } from 'node:crypto';
import { openMongoStore } from '@levautofix/fixer/adapters/mongo/open-mongo-store';
import { describeStore } from '@levautofix/fixer/ports/store.conformance';
import { afterAll, describe } from 'vitest';
import { startMongoServer } from './mongo-server.js';

const server = await startMongoServer();

describe.skipIf(!server)('a MongoDB server', () => {
  afterAll(() => server?.stop());

  describeStore('the MongoDB store', async () => {
    const uri = server!.uri(`levautofix_${randomUUID().slice(0, 8)}`);
    return {
      connect: () => openMongoStore({ uri }),
      remove: async () => {},
    };
  });
});
