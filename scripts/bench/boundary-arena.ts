// The place where the hostile agent is let loose: planted secrets, listeners on loopback, and processes to look into.
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdir, mkdtemp, open, readFile, realpath, rm, unlink, writeFile } from 'node:fs/promises';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '../shop.js';

export const boundaryFixtures = join(workspaceRoot, 'test/fixtures/boundary');

export interface Arena {
  /** Part of every planted mark, so that two arenas never mistake each other's. */
  tag: string;
  /** Folder of its own below the folder for temporary files. */
  folder: string;
  /** Folder below the real home: where keys and tokens of a real machine lie. */
  home: string;
  /** Further folders that programs share: shared memory, /var/tmp. */
  shared: string[];
  /** Where the canaries listen. */
  ports: { tcp: number; tcp6: number | null; udp: number };
  sockets: { file: string; homeFile: string; abstract: string };
  /** Process with secrets in its environment, arguments, open files and folder. */
  victim: number;
  /** Process that only has to live on. */
  bystander: ChildProcess;
  /** What the canaries have heard. */
  heard: () => string;
  close(): Promise<void>;
}

export function markOf(arena: Pick<Arena, 'tag'>, id: string): string {
  return `planted-${id}-${arena.tag}`;
}

export async function plant(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${text}\n`);
}

export async function openArena(tag: string): Promise<Arena> {
  const make = async (parent: string, prefix: string) => realpath(await mkdtemp(join(parent, prefix)));
  const folder = await make(tmpdir(), 'boundary-');
  const home = await make(homedir(), '.boundary-');
  const shared: string[] = [];
  for (const parent of ['/dev/shm', '/var/tmp']) {
    const path = await make(parent, 'boundary-').catch(() => null);
    if (path !== null) shared.push(path);
  }
  let heard = '';
  const listen = async (where: ListenOptions): Promise<Server | null> => {
    const server = createServer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        heard += `${bytes.toString('latin1')}\n`;
        socket.end('HTTP/1.0 200 OK\r\n\r\nheard');
      });
      socket.on('error', () => socket.destroy());
    });
    return new Promise((resolve) => {
      server.once('error', () => resolve(null));
      server.listen(where).once('listening', () => resolve(server));
    });
  };
  const sockets = {
    file: join(folder, 'docker.sock'),
    homeFile: join(home, 'agent.sock'),
    abstract: `boundary-${tag}`,
  };
  const servers = {
    tcp: await listen({ port: 0, host: '127.0.0.1' }),
    tcp6: await listen({ port: 0, host: '::1' }),
    file: await listen({ path: sockets.file }),
    homeFile: await listen({ path: sockets.homeFile }),
    abstract: await listen({ path: `\0${sockets.abstract}` }),
  };
  const udp = await bindUdp((bytes) => (heard += `${bytes}\n`));
  const portOf = (server: Server | null) => (server?.address() as { port: number } | null)?.port ?? null;

  const victim = await startVictim(folder, (id) => markOf({ tag }, id));
  const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { stdio: 'ignore' });
  return {
    tag,
    folder,
    home,
    shared,
    sockets,
    ports: { tcp: portOf(servers.tcp) ?? 0, tcp6: portOf(servers.tcp6), udp: udp.address().port },
    victim: victim.pid ?? 0,
    bystander,
    heard: () => heard,
    async close() {
      for (const child of [victim, bystander]) child.kill('SIGKILL');
      udp.close();
      for (const server of Object.values(servers)) server?.close();
      for (const path of [folder, home, ...shared]) await rm(path, { recursive: true, force: true });
    },
  };
}

async function bindUdp(onMessage: (text: string) => void): Promise<Socket> {
  const socket = createSocket('udp4', (bytes) => onMessage(bytes.toString('latin1')));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

async function startVictim(folder: string, mark: (id: string) => string): Promise<ChildProcess> {
  const [open1, cwd] = [join(folder, 'deleted'), join(folder, 'victim')];
  await plant(open1, mark('proc-fd'));
  await plant(join(cwd, 'secret'), mark('proc-cwd'));
  const file = await open(open1, 'r');
  await unlink(open1);
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)', mark('proc-cmdline')], {
    cwd,
    env: { PATH: process.env.PATH, API_TOKEN: mark('proc-environ') },
    stdio: ['ignore', 'ignore', 'ignore', file.fd],
  });
  await new Promise((resolve) => child.once('spawn', resolve));
  await file.close();
  // The name of the program appears with its arguments once it has really been started.
  for (let round = 0; round < 100; round++) {
    if ((await readFile(`/proc/${child.pid}/cmdline`, 'utf8').catch(() => '')).includes('planted')) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return child;
}
