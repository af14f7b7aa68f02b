// The command line of the box: every control is one line here. Pure; a later mount lies over an earlier one, so order matters.
import type { Enclosure } from '../../ports/sandbox.js';
import type { HostFacts } from './host-facts.js';

export interface BoxLimits {
  /** Heap of one process. */
  dataBytes: number;
  /** One file. */
  fileBytes: number;
  /** Processes and threads; the kernel does not hold root to it. */
  processes: number;
  /** Each folder that lives in memory: /tmp, the home, /dev/shm, scratch folders. */
  memoryFolderBytes: number;
}

export const defaultLimits: BoxLimits = {
  dataBytes: 6 * 1024 ** 3,
  fileBytes: 2 * 1024 ** 3,
  processes: 1_000,
  memoryFolderBytes: 1024 ** 3,
};

export interface BoxPlan {
  enclosure: Enclosure;
  /** Home folder of the process, when its environment names one. */
  home: string | undefined;
  cwd: string;
  /** Masked paths that exist, and whether each is a folder. */
  masks: { path: string; isFolder: boolean }[];
  /** File descriptors from which bwrap reads. */
  inputs: { seccomp: number | null; passwd: number; group: number };
}

/** Inside, the user is always this one: it owns the workspace and nothing else. */
export const boxUser = { uid: 1000, gid: 1000, name: 'agent' } as const;

/** Folder inside in which a gateway's socket appears. */
export const gatewaySocketPath = '/run/gateway.sock';

export function boxArguments(host: HostFacts, limits: BoxLimits, plan: BoxPlan): string[] {
  const { enclosure, home, cwd, masks, inputs } = plan;
  const { workspace, readable = [], writable = [], scratch = [], mounts = {}, network } = enclosure;
  const memoryFolder = (path: string) => ['--size', String(limits.memoryFolderBytes), '--tmpfs', path];
  const readOnly = (path: string, from = path) => ['--ro-bind', from, path];
  const visible = [workspace, ...readable, ...writable, ...host.systemPaths];
  const hasOwnHome = home !== undefined && home !== '/tmp' && !visible.some((path) => isWithin(home, path));
  return [
    // The user namespace is named although --unshare-all makes one: only then may it forbid further ones.
    ...['--unshare-all', '--unshare-user', '--disable-userns', ...(network === 'open' ? ['--share-net'] : [])],
    ...['--uid', String(boxUser.uid), '--gid', String(boxUser.gid), '--cap-drop', 'ALL', '--hostname', 'box'],
    ...['--die-with-parent', '--new-session'],
    ...(inputs.seccomp === null ? [] : ['--seccomp', String(inputs.seccomp)]),
    ...['--ro-bind-data', String(inputs.passwd), '/etc/passwd', '--ro-bind-data', String(inputs.group), '/etc/group'],
    // Without the second mount root's own kernel settings could be opened for writing from inside.
    ...['--proc', '/proc', ...readOnly('/proc/sys')],
    ...['--dev', '/dev', ...memoryFolder('/dev/shm'), ...memoryFolder('/tmp'), '--dir', '/run'],
    ...(hasOwnHome ? memoryFolder(home) : []),
    // After /tmp and the home, because Node, the tools and the workspace may lie in them.
    ...host.systemPaths.flatMap((path) => readOnly(path)),
    ...Object.entries(host.systemLinks).flatMap(([path, target]) => ['--symlink', target, path]),
    ...(network === 'open' ? host.networkPaths.flatMap((path) => readOnly(path)) : []),
    ...readable.flatMap((path) => readOnly(path)),
    ...writable.flatMap((path) => ['--bind', path, path]),
    ...['--bind', workspace, workspace],
    ...Object.entries(mounts).flatMap(([inside, outside]) => readOnly(inside, outside)),
    ...scratch.flatMap((path) => memoryFolder(path)),
    ...masks.flatMap(({ path, isFolder }) =>
      isFolder ? [...['--size', '4096', '--tmpfs', path], '--remount-ro', path] : readOnly(path, '/dev/null'),
    ),
    ...(typeof network === 'object' ? readOnly(gatewaySocketPath, network.socketPath) : []),
    ...['--remount-ro', '/', '--chdir', cwd],
  ];
}

/** Resource limits hold inside the box, so that a user's own processes outside do not count. */
export function limitArguments(prlimitPath: string, limits: BoxLimits): string[] {
  return [
    prlimitPath,
    `--data=${limits.dataBytes}`,
    `--fsize=${limits.fileBytes}`,
    `--nproc=${limits.processes}`,
    '--core=0',
    '--',
  ];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);
}
