// `pnpm bench watcher`: how fast the watcher reads, detects, joins, parses, fingerprints and groups, side by side with other readers.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rivals, sentinel, timed, type Measured, type Rival } from './rivals.js';

const help = `Usage: pnpm bench watcher [options]

  --size N          size of the mixed log, such as 200M or 1G (default 200M)
  --short N         size of the log for slow programs (default 50M)
  --error-rate F    share of records that are errors (default 0.01)
  --pairs N         interleaved rounds (default 5)
  --burst           instead: 100,000 errors of 1,000 groups, in events per second
  --tools a,b       rg, grep, tail-file, rsyslog, mtail (default: what is installed)
`;

const root = join(import.meta.dirname, '../../..');
const generator = join(root, 'scripts/bench/genlog.mjs');
const watcher = join(root, 'packages/watcher/dist/main.js');

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '200M' },
      short: { type: 'string', default: '50M' },
      'error-rate': { type: 'string', default: '0.01' },
      pairs: { type: 'string', default: '5' },
      burst: { type: 'boolean', default: false },
      tools: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'levautofix-bench-'));
  mkdirSync(scratch, { recursive: true });
  try {
    const rounds = Number(values.pairs);
    if (values.burst) return await runBurst(scratch, rounds);
    const log = generate(scratch, 'mixed', [
      '--size',
      values.size,
      '--error-rate',
      values['error-rate'],
      '--groups',
      '200',
    ]);
    const short = generate(scratch, 'short', [
      '--size',
      values.short,
      '--error-rate',
      values['error-rate'],
      '--groups',
      '200',
    ]);
    const wanted = values.tools?.split(',');
    const chosen = rivals.filter((rival) => (wanted ? wanted.includes(rival.name) : true) && rival.isInstalled());
    return await compare(log, short, chosen, rounds, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function generate(scratch: string, name: string, options: string[]): string {
  const log = join(scratch, `${name}.log`);
  const made = spawnSync(process.execPath, [generator, '--out', log, '--seed', '1', ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (made.status !== 0 || !existsSync(log)) throw new Error('The log could not be generated.');
  appendFileSync(log, `2026-03-01T03:00:00.000Z FATAL [x] (00000000) ${sentinel} ERROR\n`);
  return log;
}

const scan = (log: string, ...options: string[]): Promise<Measured> =>
  timed([process.execPath, watcher, 'scan', '--summary', '--json', ...options, log]);

async function compare(
  log: string,
  short: string,
  chosen: readonly Rival[],
  rounds: number,
  scratch: string,
): Promise<number> {
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
        return { seconds: NaN, peakMegabytes: null };
      });
      const scale = rival.usesShortLog ? size / shortSize : 1;
      theirs.get(rival.name)?.push({ ...measured, seconds: measured.seconds * scale });
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const print = (name: string, all: Measured[]): void => {
    const ratio = (mine: Measured[]): string =>
      median(all.map(({ seconds }, index) => seconds / (mine[index]?.seconds ?? NaN))).toFixed(2);
    const seconds = median(all.map((one) => one.seconds));
    const peak = median(all.map((one) => one.peakMegabytes ?? NaN));
    const columns = [
      name.padEnd(18),
      seconds.toFixed(2).padStart(8),
      (size / seconds / 1e6).toFixed(0).padStart(8),
      peak.toFixed(0).padStart(8),
      ratio(own).padStart(10),
      ratio(script).padStart(10),
    ];
    process.stdout.write(`${columns.join(' ')}\n`);
  };
  process.stdout.write(
    `${(size / 1e6).toFixed(0)} MB, medians of ${rounds} interleaved rounds; the last columns say how many times as long as the watcher\n`,
  );
  process.stdout.write(
    `${'program'.padEnd(18)} ${'s'.padStart(8)} ${'MB/s'.padStart(8)} ${'peak MB'.padStart(8)} ${'/ watcher'.padStart(10)} ${'/ no simd'.padStart(10)}\n`,
  );
  print('watcher', own);
  print('watcher --no-simd', script);
  for (const [name, all] of theirs) print(name, all);
  const extra = median(own.map((one, index) => (one.peakMegabytes ?? NaN) - (bare[index]?.peakMegabytes ?? NaN)));
  process.stdout.write(`peak memory above bare node: ${extra.toFixed(0)} MB\n`);
  return 0;
}

async function runBurst(scratch: string, rounds: number): Promise<number> {
  const log = generate(scratch, 'burst', ['--error-rate', '1', '--groups', '1000', '--events', '100000']);
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await scan(log));
  const seconds = median(measured.map((one) => one.seconds));
  const { stdout } = spawnSync(process.execPath, [watcher, 'scan', '--summary', '--json', log], { encoding: 'utf8' });
  const { events, groups } = JSON.parse(stdout) as { events: number; groups: number };
  process.stdout.write(
    `${events} events, ${groups} groups, ${seconds.toFixed(2)} s whole process, ${(events / seconds).toFixed(0)} events/s\n`,
  );
  return events === 100_001 ? 0 : 1;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
