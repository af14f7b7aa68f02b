// What the box has to know of the machine: its system folders, bwrap's own place, and where this Node lives.
import { constants } from 'node:fs';
import { access, lstat, readlink, realpath } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';

export interface HostFacts {
  bwrapPath: string;
  /** Null when the machine has none. */
  prlimitPath: string | null;
  nodePath: string;
  arch: string;
  /** Top-level names that are links into /usr, such as `/bin` -> `usr/bin`. */
  systemLinks: Record<string, string>;
  /** Folders and files of the system, read-only inside. */
  systemPaths: string[];
  /** What name resolution and TLS need when the network is open. */
  networkPaths: string[];
}

const toolFolders = ['/usr/bin', '/usr/local/bin', '/bin', '/usr/sbin', '/opt/homebrew/bin'];

/** Null when there is no bwrap in the usual folders; it is never searched on PATH, which a repository might influence. */
export async function readHostFacts(nodePath: string): Promise<HostFacts | null> {
  const bwrapPath = await findTool('bwrap');
  if (bwrapPath === null) return null;
  const systemLinks: Record<string, string> = {};
  const systemPaths = ['/usr'];
  for (const path of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    const kind = await lstat(path).catch(() => null);
    if (kind?.isSymbolicLink()) systemLinks[path] = await readlink(path);
    else if (kind?.isDirectory()) systemPaths.push(path);
  }
  for (const path of ['/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl', '/etc/pki', '/etc/localtime']) {
    if (await exists(path)) systemPaths.push(path);
  }
  const realNodePath = await realpath(nodePath);
  if (!realNodePath.startsWith('/usr/')) {
    for (const path of await nodePaths(realNodePath)) {
      // npm and its like find their own files by where their link leads, so the link stays one.
      if ((await lstat(path)).isSymbolicLink()) systemLinks[path] = await readlink(path);
      else systemPaths.push(path);
    }
  }
  const networkPaths: string[] = [];
  for (const path of [
    '/etc/resolv.conf',
    '/etc/hosts',
    '/etc/nsswitch.conf',
    '/etc/gai.conf',
    '/etc/ca-certificates',
  ]) {
    if (await exists(path)) networkPaths.push(path);
  }
  return {
    bwrapPath,
    prlimitPath: await findTool('prlimit'),
    nodePath: realNodePath,
    arch: arch(),
    systemLinks,
    systemPaths,
    networkPaths,
  };
}

/** Only what belongs to Node: its prefix may be a home folder. */
async function nodePaths(nodePath: string): Promise<string[]> {
  const prefix = dirname(dirname(nodePath));
  const paths = [nodePath];
  for (const name of ['npm', 'npx', 'corepack', 'pnpm', 'yarn', 'bun']) {
    const path = join(prefix, 'bin', name);
    if (await exists(path)) paths.push(path);
  }
  for (const name of ['npm', 'corepack', 'pnpm', 'yarn', 'bun']) {
    const path = join(prefix, 'lib/node_modules', name);
    if (await exists(path)) paths.push(path);
  }
  return paths;
}

async function findTool(name: string): Promise<string | null> {
  for (const folder of toolFolders) {
    const path = join(folder, name);
    if (await exists(path, constants.X_OK)) return path;
  }
  return null;
}

async function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
