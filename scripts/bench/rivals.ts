// The programs the watcher is measured against, each reading one log to its end.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const sentinel = 'SENTINEL_END';
const pattern = String.raw`Error|ERROR|"level":[56]0|FATAL|ECONNREFUSED|\[error\]`;

export interface Measured {
  seconds: number;
  /** User and system time: says more than `seconds` while the machine has other work. Null where it could not be seen. */
  cpuSeconds: number | null;
  /** Peak resident memory; null where it could not be seen. */
  peakMegabytes: number | null;
}

export interface Rival {
  name: string;
  /** Bytes per second are compared, so that a slow program need not read the whole log. */
  usesShortLog: boolean;
  isInstalled(): boolean;
  run(log: string, scratch: string): Promise<Measured>;
}

const source = join(import.meta.dirname, '../../bench');

export const rivals: readonly Rival[] = [
  {
    // No rival, but the bound: what is left of the watcher when it looks into no error.
    name: 'search-alone',
    usesShortLog: false,
    isInstalled: () => true,
    run: (log) => timed([process.execPath, join(source, 'search-alone.mjs'), log]),
  },
  plain('rg', (log) => ['rg', '-j1', '--no-mmap', '-c', pattern, log]),
  plain('grep', (log) => ['env', 'LC_ALL=C', 'grep', '-cE', pattern, log]),
  {
    name: 'tail-file',
    usesShortLog: false,
    isInstalled: () => true,
    run: (log) => timed([process.execPath, join(source, 'tail-file-reader.mjs'), log, sentinel]),
  },
  { name: 'rsyslog', usesShortLog: true, isInstalled: () => isCommand('rsyslogd'), run: runRsyslog },
  {
    name: 'mtail',
    usesShortLog: true,
    isInstalled: () => isCommand('mtail'),
    run(log, scratch) {
      const programs = join(scratch, 'mtail');
      mkdirSync(programs, { recursive: true });
      const match = `/(?P<kind>${pattern.replaceAll('/', '\\/')})/`;
      writeFileSync(
        join(programs, 'errors.mtail'),
        `counter error_lines by kind\n${match} {\n  error_lines[$kind]++\n}\n`,
      );
      return timed(['mtail', '-one_shot', '-progs', programs, '-logs', log]);
    },
  },
];

function plain(command: string, argv: (log: string) => string[]): Rival {
  return { name: command, usesShortLog: false, isInstalled: () => isCommand(command), run: (log) => timed(argv(log)) };
}

function isCommand(name: string): boolean {
  return ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/bin', '/sbin'].some((folder) => existsSync(join(folder, name)));
}

const gnuTime = '/usr/bin/time';
/** No more than all of them need: settings of the machine, such as certificates that Node loads, slow some of them down. */
const env = { PATH: process.env.PATH };

/** Output goes to a file: grep stops at its first hit when it sees /dev/null. */
export async function timed(argv: string[]): Promise<Measured> {
  const hasTime = existsSync(gnuTime);
  const [command = '', ...args] = hasTime ? [gnuTime, '-f', 'peak %M cpu %U %S', ...argv] : argv;
  const startedAt = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const seconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new Error(`${argv[0] ?? ''} ended with ${code}: ${errors}`);
  const [, peak, user, system] = /peak (\d+) cpu ([\d.]+) ([\d.]+)/.exec(errors) ?? [];
  return {
    seconds,
    cpuSeconds: user === undefined ? null : Number(user) + Number(system),
    peakMegabytes: peak === undefined ? null : Number(peak) / 1024,
  };
}

const daemonTimeoutMs = 120_000;

/** A daemon: the time is until the last line, which holds the sentinel, has come out. */
async function runRsyslog(log: string, scratch: string): Promise<Measured> {
  const folder = join(scratch, 'rsyslog');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const output = join(folder, 'out');
  const config = `global(workDirectory="${folder}")
module(load="imfile")
input(type="imfile" File="${log}" Tag="t" ruleset="r")
template(name="l" type="string" string="%msg%\\n")
ruleset(name="r" queue.type="Direct") {
  if re_match($msg, '${pattern.replaceAll('\\[error\\]', '[[]error[]]')}') then action(type="omfile" file="${output}" template="l")
}
`;
  writeFileSync(join(folder, 'conf'), config);
  const startedAt = performance.now();
  const child = spawn('rsyslogd', ['-n', '-f', join(folder, 'conf'), '-i', join(folder, 'pid')], { stdio: 'ignore' });
  try {
    while (!endsWithSentinel(output)) {
      if (performance.now() - startedAt > daemonTimeoutMs || child.exitCode !== null)
        throw new Error('rsyslogd did not finish.');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const process = `/proc/${child.pid ?? 0}`;
    const status = readFileSync(`${process}/status`, 'utf8');
    // The 14th and 15th field, in hundredths of a second; the name in brackets may hold spaces.
    const ticks = readFileSync(`${process}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
      .slice(11, 13);
    const peak = /VmHWM:\s+(\d+)/.exec(status)?.[1];
    return {
      seconds: (performance.now() - startedAt) / 1000,
      cpuSeconds: ticks.reduce((sum, count) => sum + Number(count), 0) / 100,
      peakMegabytes: peak === undefined ? null : Number(peak) / 1024,
    };
  } finally {
    child.kill();
  }
}

function endsWithSentinel(file: string): boolean {
  if (!existsSync(file)) return false;
  return spawnSync('tail', ['-c', '400', file], { encoding: 'utf8' }).stdout.includes(sentinel);
}
