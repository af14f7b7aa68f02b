// The watcher reads what it watches and does nothing else to it: seen in its system calls, through rotation and deletion.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './service-process.js';

const hasStrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const traced =
  'trace=%file,ftruncate,fallocate,fchmod,fchown,futimesat,utimensat,flock,fcntl,write,pwrite64,writev,fsetxattr';

/** Calls that only look. Everything else that names a watched folder is an offence. */
const harmless =
  /^(?:open|openat|stat|lstat|fstat|newfstatat|statx|access|faccessat2?|readlink|readlinkat|inotify_add_watch|getdents64|execve|fcntl|statfs)\(/;
const writing = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|F_SETLK|F_OFD_SETLK|F_SETLEASE/;

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'reads-only-')));
  mkdirSync(join(folder, 'log'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it.runIf(hasStrace)('never opens, changes or locks anything for writing under the log folders', async () => {
  const log = join(folder, 'log');
  const app = join(log, 'app.log');
  const trace = join(folder, 'trace');
  const add = (text: string) => {
    appendFileSync(app, `2026-03-01T03:00:00.000Z ERROR Error: ${text}\n    at pay (/srv/shop/orders.js:1:1)\n`);
  };
  add('one');
  // -D keeps the traced process our own child; -y names the files behind descriptors.
  const watcher = spawn(
    'strace',
    ['-D', '-f', '-qq', '-y', '-o', trace, '-e', traced, process.execPath, 'packages/watcher/dist/main.js', 'start'],
    {
      cwd: join(import.meta.dirname, '../..'),
      env: {
        ...{
          PATH: process.env.PATH ?? '',
          HOME: folder,
          LOG_FILES: join(log, '*.log'),
          STATE_DIR: join(folder, 'state'),
        },
        ...{ RELAY_MODE: 'pull', RELAY_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` },
        ...{ SERVICE_NAME: 'shop', READ_FROM: 'beginning', PORT: '0' },
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let output = '';
  watcher.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = new Promise<number | null>((resolve) => watcher.once('exit', resolve));
  const port = await until('an address', () => /127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
  const seen = async (count: number) =>
    until(`${String(count)} errors`, async () => {
      const status = (await (await fetch(`http://127.0.0.1:${port}/v1/status`)).json()) as {
        pipeline: { occurrences: number };
      };
      return status.pipeline.occurrences >= count;
    });
  await seen(1);
  add('two');
  renameSync(app, `${app}.1`);
  add('three');
  await seen(3);
  truncateSync(app);
  add('four');
  await seen(4);
  unlinkSync(app);
  add('five');
  await seen(5);
  watcher.kill();
  expect(await exited, output).toBe(0);

  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    // A call that another thread interrupts comes in two lines; the flags are in the first.
    .map((line) => line.replace(/^\d+\s+/, '').replace(/^<\.\.\. (\w+) resumed>/, '$1('))
    .filter((line) => line.includes(log));
  const opens = calls.filter((line) => line.startsWith('openat(') && line.includes(app));
  expect(opens.length).toBeGreaterThanOrEqual(3);
  expect(calls.filter((line) => !harmless.test(line) || writing.test(line))).toEqual([]);
  console.log(
    `read only: ${String(calls.length)} system calls on the log folder, ${String(opens.length)} opens, 0 for writing`,
  );
});
