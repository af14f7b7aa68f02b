// Finds or starts a MongoDB-compatible server for tests: MONGODB_URI, else `mongod` on PATH, else SecantusDB from the cache folder.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MongoServer {
  /** For messages, such as `SecantusDB`. */
  product: string;
  /** Address of one database on the server. */
  uri(database: string): string;
  /** Ends the server without warning and starts it again on the same data; null for a server that is not ours to end. */
  crash: (() => Promise<void>) | null;
  stop(): Promise<void>;
}

/** Null when there is none, unless REQUIRE_MONGODB=1, which makes that an error. */
export async function startMongoServer(): Promise<MongoServer | null> {
  const given = process.env.MONGODB_URI;
  if (given)
    return { product: 'MONGODB_URI', uri: (name) => withDatabase(given, name), crash: null, stop: async () => {} };
  const program = findMongod() ?? findSecantus();
  if (program) return startProgram(program);
  const reason =
    'no MONGODB_URI, no mongod on PATH, no SecantusDB in the cache folder (.ci/install-parts puts it there)';
  if (process.env.REQUIRE_MONGODB === '1') throw new Error(`MongoDB tests are required, but there is ${reason}`);
  console.warn(`MongoDB tests skipped: ${reason}`);
  return null;
}

interface Program {
  product: string;
  command: string;
  args: (port: number, folder: string) => string[];
}

function findMongod(): Program | null {
  const command = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'mongod'))
    .find(isExecutable);
  const args = (port: number, folder: string) => [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--dbpath',
    folder,
    '--quiet',
  ];
  return command ? { product: 'mongod', command, args } : null;
}

function findSecantus(): Program | null {
  const cache = process.env.LEVAUTOFIX_CACHE ?? join(homedir(), '.cache/levautofix');
  const command = join(cache, 'venv/bin/secantusd-py');
  const args = (port: number, folder: string) => [
    ...['--host', '127.0.0.1', '--port', `${port}`, '--storage-path', folder],
    ...['--sync-on-commit', '--log-level', 'ERROR'],
  ];
  return isExecutable(command) ? { product: 'SecantusDB', command, args } : null;
}

async function startProgram({ product, command, args }: Program): Promise<MongoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'levautofix-mongo-'));
  const port = await freePort();
  const launch = async () => {
    const child = spawn(command, args(port, folder), { stdio: ['ignore', 'ignore', 'inherit'] });
    process.once('exit', () => child.kill('SIGKILL'));
    await waitForPort(port, child, product);
    return child;
  };
  let child = await launch();
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    product,
    uri: (database) => `mongodb://127.0.0.1:${port}/${database}`,
    crash: async () => {
      await end('SIGKILL');
      child = await launch();
    },
    stop: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function waitForPort(port: number, child: ChildProcess, product: string): Promise<void> {
  let spawnError: Error | undefined;
  child.once('error', (error) => (spawnError = error));
  for (let tries = 0; tries < 300; tries++) {
    if (spawnError || child.exitCode !== null) throw new Error(`${product} did not start`, { cause: spawnError });
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${product} did not answer on port ${port} within 15 s`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function withDatabase(uri: string, name: string): string {
  return uri.replace(/^([\w+.-]+:\/\/[^/?]+)(\/[^?]*)?/, `$1/${name}`);
}
