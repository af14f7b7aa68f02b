// `pnpm bench watcher`: how fast the watcher reads, detects, joins, parses, fingerprints and groups, side by side with other readers.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rivals, sentinel, timed, type Measured, type Rival } from './rivals.js';

const help = `Usage: pnpm bench watcher [options]

Four tables: a mixed log with 1 % errors beside other readers, the same with 10 % errors beside ripgrep, a burst of 100,000
errors of 1,000 groups, and the peak memory while ten times as much is read.

  --size N          size of the mixed log, such as 200M or 1G (default 1G)
  --short N         size of the log for slow programs (default 50M)
  --pairs N         interleaved rounds (default 5)
  --only a,b        tables: mixed, dense, burst, memory (default all)
  --tools a,b       search-alone, rg, grep, tail-file, rsyslog, mtail (default: what is installed)
`;

const root = join(import.meta.dirname, '../../..');
const generator = join(root, 'scripts/bench/genlog.mjs');
const watcher = join(root, 'packages/watcher/dist/main.js');

const tables = ['mixed', 'dense', 'burst', 'memory'] as const;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '1G' },
      short: { type: 'string', default: '50M' },
      pairs: { type: 'string', default: '5' },
      only: { type: 'string', default: tables.join() },
      tools: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const only = values.only.split(',');
  const unknown = only.find((name) => !tables.some((table) => table === name));
  if (unknown !== undefined) throw new Error(`There is no table ${unknown}: name some of ${tables.join(', ')}.`);
  const wanted = values.tools?.split(',');
  const chosen = rivals.filter((rival) => wanted?.includes(rival.name) !== false && rival.isInstalled());
  const rounds = Number(values.pairs);
  const scratch = mkdtempSync(join(tmpdir(), 'levautofix-bench-'));
  try {
    const mix = ['--groups', '200', '--size'];
    if (only.includes('mixed')) {
      const log = generate(scratch, 'mixed', [...mix, values.size, '--error-rate', '0.01']);
      const short = generate(scratch, 'short', [...mix, values.short, '--error-rate', '0.01']);
      await compare('1 % errors', log, short, chosen, rounds, scratch);
    }
    if (only.includes('dense')) {
      const log = generate(scratch, 'dense', [...mix, values.size, '--error-rate', '0.1']);
      const fast = chosen.filter(({ name }) => name === 'rg' || name === 'search-alone');
      await compare('10 % errors', log, log, fast, rounds, scratch);
      rmSync(log);
    }
    if (only.includes('memory'))
      await measureMemory(generate(scratch, 'mixed', [...mix, values.size, '--error-rate', '0.01']));
    return only.includes('burst') ? await runBurst(scratch, rounds) : 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function generate(scratch: string, name: string, options: string[]): string {
  const log = join(scratch, `${name}.log`);
  if (existsSync(log)) return log;
  const made = spawnSync(process.execPath, [generator, '--out', log, '--seed', '1', ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (made.status !== 0 || !existsSync(log)) throw new Error('The log could not be generated.');
  appendFileSync(log, `2026-03-01T03:00:00.000Z FATAL [x] (00000000) ${sentinel} ERROR\n`);
  return log;
}

const scan = (log: string, ...more: string[]): Promise<Measured> =>
  timed([process.execPath, watcher, 'scan', '--summary', '--json', log, ...more]);

async function compare(
  title: string,
  log: string,
  short: string,
  chosen: readonly Rival[],
  rounds: number,
  scratch: string,
): Promise<void> {
  const size = statSync(log).size;
  const shortSize = statSync(short).size;
  const own: Measured[] = [];
  const script: Measured[] = [];
  const bare: Measured[] = [];
  const theirs = new Map<string, Measured[]>(chosen.map(({ name }) => [name, []]));
  await scan(log);
  for (let round = 0; round < rounds; round++) {
    own.push(await scan(log));
    script.push(await scan(log, '--no-simd'));
    bare.push(await timed([process.execPath, '-e', '0']));
    for (const rival of chosen) {
      const measured = await rival.run(rival.usesShortLog ? short : log, scratch).catch((error: unknown) => {
        process.stderr.write(`${rival.name}: ${error instanceof Error ? error.message : String(error)}\n`);
        return { seconds: NaN, cpuSeconds: null, peakMegabytes: null };
      });
      const scale = rival.usesShortLog ? size / shortSize : 1;
      const cpuSeconds = measured.cpuSeconds === null ? null : measured.cpuSeconds * scale;
      theirs.get(rival.name)?.push({ ...measured, seconds: measured.seconds * scale, cpuSeconds });
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const print = (name: string, all: Measured[]): void => {
    const cpu = (one: Measured | undefined): number => one?.cpuSeconds ?? NaN;
    const wall = (one: Measured | undefined): number => one?.seconds ?? NaN;
    const ratio = (mine: Measured[], of: (one: Measured | undefined) => number): string =>
      median(all.map((one, index) => of(one) / of(mine[index]))).toFixed(2);
    const seconds = median(all.map(wall));
    const columns = [
      name.padEnd(18),
      seconds.toFixed(2).padStart(8),
      (size / seconds / 1e6).toFixed(0).padStart(7),
      median(all.map(cpu)).toFixed(2).padStart(8),
      median(all.map((one) => one.peakMegabytes ?? NaN))
        .toFixed(0)
        .padStart(8),
      ratio(own, wall).padStart(10),
      ratio(own, cpu).padStart(8),
      ratio(script, wall).padStart(10),
      ratio(script, cpu).padStart(8),
    ];
    process.stdout.write(`${columns.join(' ')}\n`);
  };
  process.stdout.write(
    `\n${title}, ${(size / 1e6).toFixed(0)} MB: medians of ${rounds} interleaved rounds; the last columns say how many times as long as the watcher, and as much CPU, round by round\n`,
  );
  process.stdout.write(
    `${'program'.padEnd(18)} ${'s'.padStart(8)} ${'MB/s'.padStart(7)} ${'CPU s'.padStart(8)} ${'peak MB'.padStart(8)} ${'/ watcher'.padStart(10)} ${'CPU'.padStart(8)} ${'/ no simd'.padStart(10)} ${'CPU'.padStart(8)}\n`,
  );
  print('watcher', own);
  print('watcher --no-simd', script);
  for (const [name, all] of theirs) print(name, all);
  const extra = median(own.map((one, index) => (one.peakMegabytes ?? NaN) - (bare[index]?.peakMegabytes ?? NaN)));
  process.stdout.write(`peak memory above bare node: ${extra.toFixed(0)} MB\n`);
}

/** The same log, read once and ten times over by one process. */
async function measureMemory(log: string): Promise<void> {
  const bare = await timed([process.execPath, '-e', '0']);
  const once = await scan(log);
  const tenfold = await scan(log, ...Array.from({ length: 9 }, () => log));
  const show = ({ peakMegabytes }: Measured): string => `${(peakMegabytes ?? NaN).toFixed(0)} MB`;
  process.stdout.write(
    `\npeak memory: bare node ${show(bare)}, one log of ${(statSync(log).size / 1e6).toFixed(0)} MB ${show(once)}, ten of them ${show(tenfold)}\n`,
  );
}

async function runBurst(scratch: string, rounds: number): Promise<number> {
  const log = generate(scratch, 'burst', ['--error-rate', '1', '--groups', '1000', '--events', '100000']);
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await scan(log));
  const seconds = median(measured.map((one) => one.seconds));
  const cpu = median(measured.map((one) => one.cpuSeconds ?? NaN));
  const peak = median(measured.map((one) => one.peakMegabytes ?? NaN));
  const { stdout } = spawnSync(process.execPath, [watcher, 'scan', '--summary', '--json', log], { encoding: 'utf8' });
  const { events, groups } = JSON.parse(stdout) as { events: number; groups: number };
  process.stdout.write(
    `\nburst: ${events} events, ${groups} groups, ${seconds.toFixed(2)} s whole process, ${(events / seconds).toFixed(0)} events/s, ${(events / cpu).toFixed(0)} per CPU second, peak ${peak.toFixed(0)} MB\n`,
  );
  return events === 100_001 ? 0 : 1;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
