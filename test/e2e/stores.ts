// The databases that end-to-end tests run on: embedded SQLite, and a MongoDB-compatible server where there is one.
import { findAgentProgram } from '../doubles/find-agent-program.js';
import { startMongoServer } from '../mongo-server.js';
import type { RoadOptions } from './road.js';

type StoreChoice = [name: string, options: () => Partial<RoadOptions>];

/** Without Claude Code nothing runs, so no server is started either. Whoever calls it stops `mongo`. */
export async function openStores() {
  const claude = findAgentProgram('claude');
  const mongo = claude === null ? null : await startMongoServer();
  let databases = 0;
  const stores: StoreChoice[] = [['SQLite', () => ({})]];
  if (mongo) stores.push([mongo.product, () => ({ mongodbUri: mongo.uri(`road${++databases}`) })]);
  return { claude, mongo, stores };
}
