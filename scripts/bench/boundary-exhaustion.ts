// Programs that will not end or take all there is: processes, time, memory, disk, output.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecaProcessRunner } from '@levautofix/fixer/adapters/process/execa-process-runner';
import { DiskWorkspace } from '@levautofix/fixer/adapters/workspace/disk-workspace';
import { openBox } from './boundary-box.js';
import { inParallel, type Group, type GroupOptions, type Trial } from './boundary-trial.js';

const name = 'will not end or takes all';
const mega = 1024 ** 2;
/** Small, so that reaching them harms nobody; the product's own are the same controls with larger figures. */
const limits = { dataBytes: 400 * mega, fileBytes: 4 * mega, processes: 40, memoryFolderBytes: 4 * mega };
const nobody = 65_534;

interface Act {
  /** Last line of its output. */
  said: string;
  keptBytes: number;
  longestLine: number;
  survivors: number;
}

interface Attack {
  id: string;
  python: string;
  /** Ends by itself; otherwise it is ended when it has said that it is ready. */
  isFinite?: boolean;
  isUnprivileged?: boolean;
  isCrossed(act: Act): boolean;
}

const head = 'import os, sys, time, signal, subprocess, resource\n';
const survives = ({ survivors }: Act) => survivors > 0;
const saidMore = (most: number) => (act: Act) => Number(act.said) > most;
const daemonize = (ignored: string) => `
def daemon():
    for name in (${ignored}): signal.signal(name, signal.SIG_IGN)
    while True: time.sleep(1)
`;
const stubborn = daemonize('signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE');
const waitFor = 'print("ready", flush=True)\nwhile True: time.sleep(1)\n';
/** Writes in small pieces until it is stopped; says how many megabytes it got in. */
const fill = (path: string) => `
done = 0
try:
    with open(${path}, "wb") as file:
        for _ in range(24):
            file.write(bytes(1024 * 1024)); file.flush(); done += 1
except OSError: pass
print(done, flush=True)
`;

const attacks: Attack[] = [
  { id: 'child', python: `${stubborn}\nif os.fork() == 0: daemon()\n${waitFor}`, isCrossed: survives },
  {
    id: 'session of its own',
    python: `${stubborn}\nif os.fork() == 0:\n    os.setsid(); daemon()\n${waitFor}`,
    isCrossed: survives,
  },
  {
    id: 'daemon',
    python: `${stubborn}\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: daemon()\n    os._exit(0)\nos.wait()\n${waitFor}`,
    isCrossed: survives,
  },
  {
    id: 'daemon of a program that has ended well',
    python: `${stubborn}\nif os.fork() == 0:\n    os.setsid()\n    for n in (0, 1, 2): os.close(n)\n    if os.fork() == 0: daemon()\n    os._exit(0)\nos.wait()\nprint("ready", flush=True)\n`,
    isFinite: true,
    isCrossed: survives,
  },
  {
    id: 'ignores every signal',
    python: `for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(name, signal.SIG_IGN)\n${waitFor}`,
    isCrossed: survives,
  },
  {
    id: 'stopped',
    python: `if os.fork() == 0:\n    os.setsid(); os.kill(os.getpid(), signal.SIGSTOP)\n    while True: time.sleep(1)\n${waitFor}`,
    isCrossed: survives,
  },
  {
    id: 'forks for ever',
    // Each child lives on in a session of its own and forks again: thirty generations of two.
    python: `${stubborn}\ndef bomb(left):\n    if left == 0: daemon()\n    if os.fork() == 0:\n        os.setsid(); bomb(left - 1)\n    daemon()\nfor _ in range(3):\n    if os.fork() == 0: bomb(30)\ntime.sleep(0.5)\n${waitFor}`,
    isCrossed: survives,
  },
  {
    id: 'more processes than allowed',
    isUnprivileged: true,
    isFinite: true,
    python: `count = 0\npids = []\ntry:\n    for _ in range(120):\n        pid = os.fork()\n        if pid == 0: time.sleep(20); os._exit(0)\n        pids.append(pid); count += 1\nexcept OSError: pass\nfor pid in pids: os.kill(pid, 9)\nprint(count, flush=True)\n`,
    isCrossed: saidMore(limits.processes),
  },
  {
    id: 'memory',
    isFinite: true,
    python: `got = 0\nheld = []\ntry:\n    for _ in range(60):\n        held.append(bytearray(10 * 1024 * 1024)); got += 10\nexcept MemoryError: pass\nprint(got, flush=True)\n`,
    isCrossed: saidMore(limits.dataBytes / mega),
  },
  {
    id: 'large file',
    isFinite: true,
    python: `signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n${fill('"big"')}`,
    isCrossed: saidMore(4),
  },
  {
    id: 'memory by /tmp',
    isFinite: true,
    python:
      fill('"/tmp/big-" + sys.argv[1]') +
      '\nos.path.exists("/tmp/big-" + sys.argv[1]) and os.unlink("/tmp/big-" + sys.argv[1])\n',
    isCrossed: saidMore(4),
  },
  {
    id: 'memory by /dev/shm',
    isFinite: true,
    python:
      fill('"/dev/shm/big-" + sys.argv[1]') +
      '\nos.path.exists("/dev/shm/big-" + sys.argv[1]) and os.unlink("/dev/shm/big-" + sys.argv[1])\n',
    isCrossed: saidMore(4),
  },
  { id: 'memory by the home', isFinite: true, python: fill('os.environ["HOME"] + "/big"'), isCrossed: saidMore(4) },
  {
    id: 'core dump',
    isFinite: true,
    python:
      'try:\n    resource.setrlimit(resource.RLIMIT_CORE, (1024, 1024)); print(1, flush=True)\nexcept (ValueError, OSError): print(0, flush=True)\n',
    isCrossed: saidMore(0),
  },
  {
    id: 'limits raised',
    isFinite: true,
    python:
      'try:\n    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); print(1, flush=True)\nexcept (ValueError, OSError): print(0, flush=True)\n',
    isCrossed: saidMore(0),
  },
  {
    id: 'floods its output',
    isFinite: true,
    python: 'for _ in range(2000): os.write(1, b"x" * 16383 + b"\\n")\n',
    isCrossed: ({ keptBytes }) => keptBytes > 4 * mega,
  },
  {
    id: 'floods its errors',
    isFinite: true,
    python: 'for _ in range(2000): os.write(2, b"x" * 16383 + b"\\n")\n',
    isCrossed: ({ keptBytes }) => keptBytes > 4 * mega,
  },
  {
    id: 'one line without end',
    isFinite: true,
    python: 'for _ in range(1000): os.write(1, b"x" * 16384)\n',
    isCrossed: ({ longestLine }) => longestLine > 8 * mega,
  },
];

export const exhaustionGroup: Group = {
  name,
  control: 'started plainly, ended by SIGTERM',
  async run({ tag, jobs, isWanted = () => true }: GroupOptions): Promise<Trial[]> {
    const trials = await inParallel(
      attacks.filter(({ id }) => isWanted(id)),
      jobs,
      (attack) => tryAttack(attack, tag),
    );
    return isWanted('disk') ? [...trials, await fillDisk(), await readPipe()] : trials;
  },
};

async function tryAttack(attack: Attack, tag: string): Promise<Trial> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'boundary-endless-')));
  try {
    await chmod(folder, 0o777);
    const number = attacks.indexOf(attack);
    const contained = await runContained(attack, folder, `${tag}-b${number}`);
    const plain = await runPlain(attack, folder, `${tag}-o${number}`);
    return {
      group: name,
      id: attack.id,
      isTried: contained.said !== '' || contained.keptBytes > 0,
      isCrossed: attack.isCrossed(contained),
      isCrossedWithout: attack.isCrossed(plain),
      note: 'by python',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function argumentsOf({ python }: Attack, mark: string): string[] {
  return ['-c', head + python, mark];
}

/** As the fixer runs its agents and checks; ended like one whose time is up. */
async function runContained(attack: Attack, folder: string, mark: string): Promise<Act> {
  const { runner, sandbox } = await openBox(limits);
  const end = new AbortController();
  let longestLine = 0;
  const spec = {
    command: '/usr/bin/python3',
    args: argumentsOf(attack, mark),
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: '/home/agent' },
    timeoutMs: 30_000,
    onLine: (line: string) => {
      longestLine = Math.max(longestLine, line.length);
      if (line === 'ready' && !attack.isFinite) end.abort();
    },
  };
  const boxed = sandbox.enclose(spec, { workspace: folder, network: 'none' });
  const user = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
  // The kernel holds root to no number of processes.
  const isLowered = attack.isUnprivileged === true && process.getuid?.() === 0;
  const lowered = isLowered ? { command: '/usr/bin/setpriv', args: [...user, boxed.command, ...boxed.args] } : {};
  const outcome = await runner.run({ ...boxed, ...lowered }, end.signal);
  return {
    said: outcome.stdout.trim().split('\n').at(-1)?.slice(0, 100) ?? '',
    keptBytes: Math.max(outcome.stdout.length, outcome.stderr.length),
    longestLine,
    survivors: await endSurvivors(mark, 10_000),
  };
}

/** As one would start a program without further thought. */
async function runPlain(attack: Attack, folder: string, mark: string): Promise<Act> {
  const home = join(folder, 'home');
  await mkdir(home);
  const isLowered = attack.isUnprivileged === true && process.getuid?.() === 0;
  const child = spawn('/usr/bin/python3', argumentsOf(attack, mark), {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isLowered ? { uid: nobody, gid: nobody } : {}),
  });
  const kept = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    kept.out += bytes.toString();
    if (kept.out === 'ready\n' && !attack.isFinite) child.kill('SIGTERM');
  });
  child.stderr.on('data', (bytes: Buffer) => (kept.err += bytes.toString()));
  // What ignores the signal would be waited for without end.
  const patience = new Promise((resolve) => setTimeout(resolve, attack.isFinite ? 30_000 : 2_000).unref());
  await Promise.race([new Promise((resolve) => child.once('exit', resolve)), patience]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    said: kept.out.trim().split('\n').at(-1)?.slice(0, 100) ?? '',
    keptBytes: Math.max(kept.out.length, kept.err.length),
    longestLine: kept.out.split('\n').reduce((longest, line) => Math.max(longest, line.length), 0),
    survivors: await endSurvivors(mark, 200),
  };
}

/** How many are left after the kernel has had its moment, which is long on a busy machine; none is afterwards. */
async function endSurvivors(mark: string, patienceMs: number): Promise<number> {
  let left = await processesWith(mark);
  for (let waitedMs = 0; waitedMs < patienceMs && left.length > 0; waitedMs += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = await processesWith(mark);
  }
  for (let round = 0; round < 20; round++) {
    const pids = await processesWith(mark);
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue;
      }
    }
  }
  return left.length;
}

async function processesWith(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_pid, index) => lines[index]?.split('\0').includes(mark)).map(Number);
}

/** A folder that grows: nothing limits it but the runner's look at what is left of the disk. */
async function fillDisk(): Promise<Trial> {
  const megabytes = 200;
  const program = `${head}
for n in range(${megabytes}):
    with open("f%d" % n, "wb") as file: file.write(bytes(1024 * 1024))
    time.sleep(0.01)
`;
  const fillWith = async (minFreeBytes: (free: number) => number) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'boundary-disk-')));
    try {
      const { sandbox } = await openBox();
      let written = 0;
      const free = 10_000 * mega;
      // The disk of this machine stands for one that has ten gigabytes left when the attack begins.
      const freeBytesOf = async (path: string) => {
        written = (await readdir(path)).length * mega;
        return free - written;
      };
      const runner = new ExecaProcessRunner({ minFreeBytes: minFreeBytes(free), freeBytesOf });
      const spec = {
        command: '/usr/bin/python3',
        args: ['-c', program],
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', HOME: '/home/agent' },
        timeoutMs: 60_000,
      };
      const outcome = await runner.run(sandbox.enclose(spec, { workspace: folder, network: 'none' }));
      return { isEnded: outcome.isDiskFull === true, files: (await readdir(folder)).length };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const guarded = await fillWith((free) => free - 32 * mega);
  const plain = await fillWith(() => 0);
  return {
    group: name,
    id: 'disk',
    isTried: guarded.files > 0,
    isCrossed: guarded.files >= megabytes,
    isCrossedWithout: plain.files >= megabytes,
    note: `${guarded.files} MiB written before it was ended`,
  };
}

/** A pipe where a file is read afterwards: whoever opens it waits for ever. */
async function readPipe(): Promise<Trial> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'boundary-pipe-')));
  try {
    const { runner, sandbox } = await openBox();
    const env = { PATH: '/usr/bin:/bin', HOME: '/home/agent' };
    const spec = { command: '/usr/bin/mkfifo', args: ['package.json'], cwd: folder, env, timeoutMs: 10_000 };
    await runner.run(sandbox.enclose(spec, { workspace: folder, network: 'none' }));
    const path = join(folder, 'package.json');
    const isTried = (await stat(path)).isFIFO();
    const hangs = async (reading: Promise<unknown>) => {
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, 1_000, true).unref());
      return Promise.race([reading.then(() => false), late]);
    };
    const isCrossed = await hangs(new DiskWorkspace(folder, runner).readText(path));
    const isCrossedWithout = await hangs(readFile(path));
    // Lets the reader go.
    await (await open(path, constants.O_RDWR | constants.O_NONBLOCK)).close();
    return { group: name, id: 'pipe instead of a file', isTried, isCrossed, isCrossedWithout, note: 'read afterwards' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
