// The box's command line: order of mounts and presence of each control.
import { describe, expect, it } from 'vitest';
import { boxArguments, defaultLimits, limitArguments, type BoxPlan } from './box-arguments.js';
import type { HostFacts } from './host-facts.js';

const host: HostFacts = {
  bwrapPath: '/usr/bin/bwrap',
  prlimitPath: '/usr/bin/prlimit',
  nodePath: '/usr/bin/node',
  arch: 'x64',
  systemLinks: { '/bin': 'usr/bin' },
  systemPaths: ['/usr'],
  networkPaths: ['/etc/resolv.conf'],
};
const plan: BoxPlan = {
  enclosure: { workspace: '/tmp/jobs/1', network: 'none' },
  home: '/home/agent',
  cwd: '/tmp/jobs/1',
  masks: [],
  inputs: { seccomp: 5, passwd: 3, group: 4 },
};
const line = (changes: Partial<BoxPlan> = {}) => boxArguments(host, defaultLimits, { ...plan, ...changes }).join(' ');

describe('boxArguments', () => {
  it.each([
    '--unshare-all --unshare-user --disable-userns',
    '--uid 1000 --gid 1000 --cap-drop ALL',
    '--die-with-parent --new-session',
    '--seccomp 5',
    '--proc /proc --ro-bind /proc/sys /proc/sys',
    `--size ${defaultLimits.memoryFolderBytes} --tmpfs /dev/shm`,
    `--size ${defaultLimits.memoryFolderBytes} --tmpfs /home/agent`,
    '--remount-ro /',
  ])('always says %s', (part) => {
    expect(line()).toContain(part);
  });

  it('lays a workspace that lies under /tmp over the empty /tmp', () => {
    expect(line().indexOf('--bind /tmp/jobs/1 /tmp/jobs/1')).toBeGreaterThan(line().indexOf('--tmpfs /tmp'));
  });

  it('lays mounts, scratch folders and masks over the workspace, in this order', () => {
    const parts = line({
      enclosure: {
        ...plan.enclosure,
        mounts: { '/tmp/jobs/1/node_modules': '/data/node_modules' },
        scratch: ['/tmp/jobs/1/node_modules/.cache'],
      },
      masks: [
        { path: '/tmp/jobs/1/.git', isFolder: false },
        { path: '/tmp/jobs/1/secrets', isFolder: true },
      ],
    });
    const positions = [
      '--bind /tmp/jobs/1 /tmp/jobs/1',
      '--ro-bind /data/node_modules /tmp/jobs/1/node_modules',
      '--tmpfs /tmp/jobs/1/node_modules/.cache',
      '--ro-bind /dev/null /tmp/jobs/1/.git',
      '--tmpfs /tmp/jobs/1/secrets --remount-ro /tmp/jobs/1/secrets',
    ].map((part) => parts.indexOf(part));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  it('opens the network only when told to, and then shows what name resolution needs', () => {
    expect(line()).not.toMatch(/share-net|resolv/);
    const open = line({ enclosure: { ...plan.enclosure, network: 'open' } });
    expect(open).toContain('--share-net');
    expect(open).toContain('/etc/resolv.conf');
  });

  it('lets nothing but the socket of a gateway in', () => {
    const parts = line({ enclosure: { ...plan.enclosure, network: { socketPath: '/data/g.sock', port: 8787 } } });
    expect(parts).toContain('--ro-bind /data/g.sock /run/gateway.sock');
    expect(parts).not.toContain('--share-net');
  });

  it('keeps a home that lies in a writable folder', () => {
    expect(line({ home: '/data/home', enclosure: { ...plan.enclosure, writable: ['/data/home'] } })).not.toContain(
      '--tmpfs /data/home',
    );
  });

  it('limits memory, file size and processes', () => {
    expect(limitArguments('/usr/bin/prlimit', defaultLimits).join(' ')).toMatch(
      /^\/usr\/bin\/prlimit --data=\d+ --fsize=\d+ --nproc=\d+ --core=0 --$/,
    );
  });
});
