// The real box on this machine: what hostile code inside can see, reach and leave behind.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessRunner, ProcessSpec } from '../../ports/process-runner.js';
import type { Enclosure } from '../../ports/sandbox.js';
import { ExecaProcessRunner } from '../process/execa-process-runner.js';
import { detectBubblewrap, type BubblewrapSandbox } from './bubblewrap-sandbox.js';
import { seccompFilter } from './seccomp-filter.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'box-')));
const workspace = join(root, 'work');
mkdirSync(workspace);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const processes: ProcessRunner = new ExecaProcessRunner({ killGraceMs: 200 });
const detection = await detectBubblewrap(processes, { nodePath: process.execPath, scratchFolder: workspace });
if (!detection.sandbox) {
  if (process.env.REQUIRE_SANDBOX === '1') throw new Error(detection.reason);
  console.log(`skipped: the tests of the real sandbox (${detection.reason})`);
}

const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/home/agent' };
async function inside(script: string, enclosure: Partial<Enclosure> = {}, more: Partial<ProcessSpec> = {}) {
  const sandbox = detection.sandbox as BubblewrapSandbox;
  const spec = { command: '/bin/sh', args: ['-c', script], cwd: workspace, env, timeoutMs: 10_000, ...more };
  return processes.run(sandbox.enclose(spec, { workspace, network: 'none', ...enclosure }));
}
const node = (script: string) => `${process.execPath} -e ${JSON.stringify(script)}`;

describe.skipIf(!detection.sandbox)('BubblewrapSandbox', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((_, answer) => answer.end('host'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  it('runs a program in the workspace at its own path, even under /tmp', async () => {
    const outcome = await inside('pwd; echo hello > made.txt; node -p 1+1');
    expect(outcome).toMatchObject({ exitCode: 0, stdout: `${workspace}\n2\n` });
    expect(readFileSync(join(workspace, 'made.txt'), 'utf8')).toBe('hello\n');
  });

  it('passes the exit code on', async () => {
    expect((await inside('exit 7')).exitCode).toBe(7);
  });

  it('shows neither the home, nor other files, nor other processes of the host', async () => {
    writeFileSync(join(root, 'secret.txt'), 'secret');
    const outcome = await inside(
      `ls ${root}; cat ${root}/secret.txt /etc/shadow /root/.bashrc; ls -A /home/agent /tmp; ls /proc | grep -c '^[0-9]'; cat /proc/*/environ | tr '\\0' '\\n' | sort -u`,
    );
    expect(outcome.stdout).not.toContain('secret');
    const lines = outcome.stdout.split('\n');
    expect(Number(lines.find((line) => /^\d+$/.test(line)))).toBeLessThan(8);
    expect(lines.filter((line) => /^\w+=/.test(line) && !/^(PATH|HOME|PWD|SHLVL|_|OLDPWD)=/.test(line))).toEqual([]);
    expect(outcome.stderr).toContain('/etc/shadow');
  });

  it('lets nothing be written outside the workspace', async () => {
    const outcome = await inside(
      'for f in /x /usr/x /etc/x /bin/x /run/x /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do (echo x > $f) 2>/dev/null && echo "wrote $f"; done; true',
    );
    expect(outcome.stdout).toBe('');
  });

  it('brings along a Node and npm that live outside /usr, and nothing beside them', async () => {
    const prefix = join(root, 'node-home');
    mkdirSync(join(prefix, 'bin'), { recursive: true });
    mkdirSync(join(prefix, 'lib/node_modules/npm/bin'), { recursive: true });
    copyFileSync(realpathSync(process.execPath), join(prefix, 'bin/node'));
    writeFileSync(join(prefix, 'lib/node_modules/npm/version.js'), 'module.exports = "npm of its own"');
    writeFileSync(
      join(prefix, 'lib/node_modules/npm/bin/npm-cli.js'),
      '#!/usr/bin/env node\nconsole.log(require("../version.js"))',
      { mode: 0o755 },
    );
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(prefix, 'bin/npm'));
    writeFileSync(join(prefix, '.npmrc'), 'token');
    const other = await detectBubblewrap(processes, { nodePath: join(prefix, 'bin/node'), scratchFolder: workspace });
    const spec = { command: '/bin/sh', args: ['-c', `npm; command -v node; cat ${prefix}/.npmrc`], cwd: workspace };
    const outcome = await processes.run(
      (other.sandbox as BubblewrapSandbox).enclose(
        { ...spec, env: { PATH: `${prefix}/bin:/usr/bin` }, timeoutMs: 10_000 },
        { workspace, network: 'none' },
      ),
    );
    expect(outcome.stdout).toBe(`npm of its own\n${prefix}/bin/node\n`);
  });

  it('holds no capability and makes no further namespaces', async () => {
    const outcome = await inside(
      `grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status; id -u; unshare -U true && echo nested; mount -t tmpfs x /tmp && echo mounted; true`,
    );
    expect(outcome.stdout).toMatch(/CapEff:\s0{16}\n/);
    expect(outcome.stdout).toMatch(/CapBnd:\s0{16}\n/);
    expect(outcome.stdout).toMatch(/NoNewPrivs:\s1\n/);
    expect(outcome.stdout).toMatch(/Seccomp:\s2\n1000\n$/);
  });

  it('has no network: neither the host nor a name', async () => {
    const outcome = await inside(
      node(
        `const net = require('net'); let left = 2; const say = (what) => { console.log(what); if (--left === 0) process.exit() };
         net.connect(${port}, '127.0.0.1').on('connect', () => say('reached')).on('error', (e) => say(e.code));
         require('dns').lookup('localhost.example.com', (e) => say(e ? e.code : 'resolved'))`.replaceAll('\n', ' '),
      ),
    );
    expect(outcome.stdout).toContain('ECONNREFUSED');
    expect(outcome.stdout).not.toMatch(/reached|resolved/);
  });

  it('reaches the host once the network is opened, so that the test above means something', async () => {
    const outcome = await inside(
      node(
        `require('net').connect(${port}, '127.0.0.1').on('connect', () => { console.log('reached'); process.exit() })`,
      ),
      { network: 'open' },
    );
    expect(outcome.stdout).toBe('reached\n');
  });

  it.skipIf(!hasPython())('refuses keyrings, vsock and io_uring, and lets ordinary sockets be', async () => {
    const probe = [
      'import ctypes, socket, platform',
      'c = ctypes.CDLL(None, use_errno=True)',
      'x = platform.machine() == "x86_64"',
      'def call(n, *a):',
      '    ctypes.set_errno(0); c.syscall(n, *a); return ctypes.get_errno()',
      'print([call(250 if x else 219, 0, -3, 0), call(248 if x else 217, b"user", b"a", b"b", 1, -3), call(425, 1, 0)])',
      'def family(f):',
      '    try: socket.socket(f, socket.SOCK_STREAM).close(); return 0',
      '    except OSError as e: return e.errno',
      'print([family(40), family(38), family(socket.AF_INET), family(socket.AF_UNIX)])',
    ].join('\n');
    writeFileSync(join(workspace, 'probe.py'), probe);
    const outcome = await inside('python3 probe.py');
    expect(outcome.stdout).toBe('[1, 1, 38]\n[97, 97, 0, 0]\n');
  });

  it('hides what is masked, file or folder, and leaves it as it was', async () => {
    writeFileSync(join(workspace, '.git'), 'gitdir: /elsewhere');
    mkdirSync(join(workspace, 'vault'));
    writeFileSync(join(workspace, 'vault/key'), 'key');
    const outcome = await inside('cat .git; ls vault; echo x > .git; rm -f .git; mv .git git; echo x > vault/y; true', {
      masked: ['.git', join(workspace, 'vault'), 'missing'],
    });
    expect(outcome.stdout).toBe('');
    expect(readFileSync(join(workspace, '.git'), 'utf8')).toBe('gitdir: /elsewhere');
    expect(readdirSync(join(workspace, 'vault'))).toEqual(['key']);
    expect(readdirSync(workspace)).not.toContain('missing');
  });

  it('refuses to mask a link', async () => {
    symlinkSync('/etc', join(workspace, 'link'));
    await expect(inside('true', { masked: [join(workspace, 'link')] })).rejects.toMatchObject({
      code: 'masked_path_is_link',
    });
    rmSync(join(workspace, 'link'));
  });

  it('lays modules in read-only, with a scratch folder that vanishes', async () => {
    const modules = join(root, 'modules');
    mkdirSync(join(modules, '.cache'), { recursive: true });
    writeFileSync(join(modules, 'index.js'), 'module.exports = 1');
    const inner = join(workspace, 'node_modules');
    const outcome = await inside(
      'cat node_modules/index.js; echo x > node_modules/index.js; echo x > node_modules/.cache/x && ls node_modules/.cache',
      { mounts: { [inner]: modules }, scratch: [join(inner, '.cache')] },
    );
    expect(outcome.stdout).toBe('module.exports = 1x\n');
    expect(readFileSync(join(modules, 'index.js'), 'utf8')).toBe('module.exports = 1');
    expect(readdirSync(join(modules, '.cache'))).toEqual([]);
  });

  it('offers a gateway socket at a loopback port, ready before the program starts', async () => {
    const socketPath = join(root, 'g.sock');
    const gateway = createServer((request, answer) => answer.end(`gateway ${request.url}`));
    await new Promise<void>((resolve) => gateway.listen(socketPath, resolve));
    const outcome = await inside(
      node(`fetch('http://127.0.0.1:8787/v1').then((r) => r.text()).then((t) => { console.log(t); process.exit(5) })`),
      { network: { socketPath, port: 8787 } },
    );
    gateway.close();
    expect(outcome).toMatchObject({ stdout: 'gateway /v1\n', exitCode: 5 });
  });

  it('keeps /tmp and one file within bounds', async () => {
    const limits = { dataBytes: 6e9, fileBytes: 1_000_000, processes: 500, memoryFolderBytes: 2_097_152 };
    const small = await detectBubblewrap(processes, { nodePath: process.execPath, scratchFolder: workspace, limits });
    const spec = (script: string) => ({
      command: '/bin/sh',
      args: ['-c', script],
      cwd: workspace,
      env,
      timeoutMs: 10_000,
    });
    const outcome = await processes.run(
      (small.sandbox as BubblewrapSandbox).enclose(
        spec(
          'head -c 5000000 /dev/zero > big; wc -c < big; rm big; for i in 1 2 3 4 5; do head -c 900000 /dev/zero > /tmp/$i; done; cat /tmp/* | wc -c',
        ),
        { workspace, network: 'none' },
      ),
    );
    const [file, tmp] = outcome.stdout.trim().split('\n').map(Number) as [number, number];
    expect(file).toBe(1_000_000);
    expect(tmp).toBeLessThanOrEqual(2_097_152);
  });

  it('leaves no survivor: ignored TERM, new sessions and daemons end with the box', async () => {
    const mark = `survivor-${process.pid}-${port}`;
    const daemon = `(trap '' TERM HUP; setsid sh -c 'trap "" TERM HUP; : > alive-$$; while :; do sleep 1; done' ${mark} >/dev/null 2>&1 &);`;
    const ready = 'until [ "$(ls alive-* 2>/dev/null | wc -l)" = 2 ]; do sleep 0.01; done;';
    const end = new AbortController();
    const sandbox = detection.sandbox as BubblewrapSandbox;
    // Ended as soon as all of them are known to run, however long a busy machine takes for that.
    const outcome = await processes.run(
      sandbox.enclose(
        {
          command: '/bin/sh',
          args: ['-c', `trap '' TERM; ${daemon} ${daemon} ${ready} echo up; while :; do sleep 1; done`],
          cwd: workspace,
          env,
          timeoutMs: 60_000,
          onLine: () => end.abort(),
        },
        { workspace, network: 'none' },
      ),
      end.signal,
    );
    expect(outcome).toMatchObject({ isCancelled: true, stdout: 'up\n' });
    await expect.poll(() => processesWith(mark), { interval: 5, timeout: 10_000 }).toEqual([]);
    for (const name of readdirSync(workspace).filter((name) => name.startsWith('alive-')))
      rmSync(join(workspace, name));
    const quiet = await inside(`${daemon} until ls alive-* 2>/dev/null; do sleep 0.01; done; exit 0`);
    expect(quiet.exitCode).toBe(0);
    // The kernel ends the rest of the box while bwrap itself is already gone.
    await expect.poll(() => processesWith(mark), { interval: 5, timeout: 10_000 }).toEqual([]);
  });
});

describe.skipIf(!detection.sandbox)('BubblewrapSandbox when cancelled at any moment of its start', () => {
  it('leaves nothing behind', async () => {
    const mark = `early-${process.pid}`;
    for (let round = 0; round < 60; round++) {
      const controller = new AbortController();
      const spec = (detection.sandbox as BubblewrapSandbox).enclose(
        { command: '/bin/sh', args: ['-c', 'while :; do sleep 1; done', mark], cwd: workspace, env, timeoutMs: 10_000 },
        { workspace, network: 'none' },
      );
      const running = processes.run(spec, controller.signal);
      setTimeout(() => controller.abort(), (round % 30) / 2);
      expect(await running).toMatchObject({ isCancelled: true });
    }
    await expect.poll(() => processesWith(mark), { interval: 10, timeout: 10_000 }).toEqual([]);
  }, 120_000);
});

describe.skipIf(!detection.sandbox)('BubblewrapSandbox when the fixer is killed', () => {
  it('ends with it, so that no agent goes on unwatched', async () => {
    const mark = `orphan-${process.pid}`;
    const spec = (detection.sandbox as BubblewrapSandbox).enclose(
      {
        command: '/bin/sh',
        args: ['-c', 'touch ready; while :; do sleep 1; done', mark],
        cwd: workspace,
        env,
        timeoutMs: 10_000,
      },
      { workspace, network: 'none' },
    );
    const inputs = (spec.extraInputs ?? []).map((bytes, index) => {
      writeFileSync(join(root, `input-${index}`), bytes);
      return `${index + 3}<${join(root, `input-${index}`)}`;
    });
    const parent = spawn('/bin/sh', ['-c', `"$0" "$@" ${inputs.join(' ')} & wait`, spec.command, ...spec.args], {
      env,
      stdio: 'ignore',
    });
    await expect.poll(() => readdirSync(workspace), { interval: 10, timeout: 5_000 }).toContain('ready');
    expect(processesWith(mark).length).toBeGreaterThan(2);
    parent.kill('SIGKILL');
    await expect.poll(() => processesWith(mark), { interval: 10, timeout: 10_000 }).toEqual([]);
  });
});

describe('seccompFilter', () => {
  it('is made of whole instructions and ends by allowing', () => {
    for (const arch of ['x64', 'arm64']) {
      const program = Buffer.from(seccompFilter(arch) as Uint8Array);
      expect(program.length % 8).toBe(0);
      expect(program.readUInt32LE(program.length - 4)).toBe(0x7fff0000);
    }
    expect(seccompFilter('mips')).toBeNull();
  });
});

function hasPython(): boolean {
  return readdirSync('/usr/bin').includes('python3');
}

function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}
