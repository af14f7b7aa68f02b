// `pnpm bench live`: what the watcher costs while a log grows at a given rate, how far it falls behind, and what it costs when idle.
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { silentLogger } from '@levautofix/service-kit/logger';
import { systemClock } from '@levautofix/service-kit/clock';
import { createChangeBell } from '@levautofix/watcher/adapters/files/change-bell';
import { createFileSource } from '@levautofix/watcher/adapters/files/file-source';
import { composeWatcher } from '@levautofix/watcher/compose';
import { loadWatcherConfig } from '@levautofix/watcher/config/config';
import { createEventDetector } from '@levautofix/watcher/detect/event-detector';
import { randomFrom } from './redaction-corpus.js';

interface Phase {
  name: string;
  megabytesPerSecond: number;
  /** Limits: share of one core in percent, and milliseconds behind. */
  cpuPercent: number;
  behindMs: number;
}

const phases: readonly Phase[] = [
  { name: 'idle', megabytesPerSecond: 0, cpuPercent: 0.3, behindMs: Number.POSITIVE_INFINITY },
  { name: '5 MB/s', megabytesPerSecond: 5, cpuPercent: 1.5, behindMs: 250 },
  { name: '50 MB/s', megabytesPerSecond: 50, cpuPercent: 6, behindMs: 250 },
];

const feedEveryMs = 10;
/** By then an idle pace has slowed down and the bell is armed, and what a busy one needs is compiled: a service runs for weeks. */
const defaultWarmUpSeconds = '20';

/** What the reader says of one phase. Times are milliseconds since the epoch. */
interface ReaderFigures {
  cpuMs: number;
  elapsedMs: number;
  rssBytes: number;
  /** When how many bytes had been read. */
  reads: [at: number, bytes: number][];
  occurrences: number;
}

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '12' },
      'warm-up': { type: 'string', default: defaultWarmUpSeconds },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      reader: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write('Usage: pnpm bench live [--seconds 12] [--warm-up 20] [--json]\n');
    return 0;
  }
  if (values.reader !== undefined) return runReader(values.reader);
  const results = [];
  for (const phase of phases)
    results.push(await measure(phase, Number(values['warm-up']) * 1_000, Number(values.seconds) * 1_000));
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else for (const result of results) process.stdout.write(`${describe(result)}\n`);
  return results.every(({ isGood }) => isGood) ? 0 : 1;
}

async function measure(phase: Phase, warmUpMs: number, lengthMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-live-'));
  mkdirSync(join(folder, 'log'));
  const file = join(folder, 'log', 'app.log');
  appendFileSync(file, '');
  const reader = spawn(process.execPath, ['-e', readerScript(folder)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(word: string): Promise<T> => {
    reader.stdin.write(`${word}\n`);
    const answer = await answers.next();
    if (answer.done) throw new Error('the reader ended early');
    return JSON.parse(answer.value) as T;
  };
  try {
    await ask('wait');
    const feed = startFeed(file, phase.megabytesPerSecond);
    await pause(warmUpMs);
    await ask('begin');
    const from = Date.now();
    await pause(lengthMs);
    const until = Date.now();
    const figures = await ask<ReaderFigures>('end');
    await pause(500);
    const { reads } = await ask<ReaderFigures>('end');
    const writes = feed.stop().filter(([at]) => at >= from && at < until);
    const behind = behindOf(writes, reads);
    const cpuPercent = (figures.cpuMs / figures.elapsedMs) * 100;
    const behindMs = Math.max(0, ...behind);
    const rssMegabytes = figures.rssBytes / 1e6;
    const isGood = cpuPercent <= phase.cpuPercent && behindMs <= phase.behindMs;
    return { phase, cpuPercent, behindMs, rssMegabytes, occurrences: figures.occurrences, isGood };
  } finally {
    reader.stdin.end();
    await new Promise((resolve) => reader.once('close', resolve));
    rmSync(folder, { recursive: true });
  }
}

function describe({
  phase,
  cpuPercent,
  behindMs,
  rssMegabytes,
  occurrences,
  isGood,
}: Awaited<ReturnType<typeof measure>>) {
  const limits = `${String(phase.cpuPercent)} % of a core${phase.megabytesPerSecond > 0 ? `, ${String(phase.behindMs)} ms` : ''}`;
  const figures = [
    `${cpuPercent.toFixed(2)} % of a core`,
    ...(phase.megabytesPerSecond > 0 ? [`${behindMs.toFixed(0)} ms behind at most`] : []),
    `${rssMegabytes.toFixed(0)} MB`,
    `${String(occurrences)} errors`,
  ];
  return `${phase.name.padEnd(8)} ${figures.join(', ')}  (limit ${limits}: ${isGood ? 'kept' : 'MISSED'})`;
}

/** For each write: how long until a read had gone past its end. */
function behindOf(writes: readonly [number, number][], reads: readonly [number, number][]): number[] {
  let next = 0;
  return writes.map(([at, end]) => {
    while (next < reads.length && (reads[next]?.[1] ?? 0) < end) next++;
    return (reads[next]?.[0] ?? Number.POSITIVE_INFINITY) - at;
  });
}

/** Appends at the rate until it is stopped; answers when each write was done and where it ended. */
function startFeed(file: string, megabytesPerSecond: number): { stop(): [number, number][] } {
  if (megabytesPerSecond === 0) return { stop: () => [] };
  const text = makeLog(4_000_000);
  const descriptor = openSync(file, 'a');
  const writes: [number, number][] = [];
  const startedAt = performance.now();
  let written = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * megabytesPerSecond * 1e6);
    while (written < due) {
      const from = written % text.length;
      written += writeSync(descriptor, text, from, Math.min(due - written, text.length - from));
    }
    writes.push([performance.timeOrigin + performance.now(), written]);
  }, feedEveryMs);
  return {
    stop() {
      clearInterval(timer);
      closeSync(descriptor);
      return writes;
    },
  };
}

/** Lines of three formats, one in a hundred an error with its stack. */
function makeLog(length: number): Buffer {
  const random = randomFrom(1);
  const number = (below: number) => String(Math.floor(random() * below));
  const stamp = '2026-03-01T03:00:00.000Z';
  let text = '';
  while (text.length < length) {
    const kind = random();
    if (kind < 0.01) {
      const at = `    at step${number(20)} (/srv/shop/src/orders.js:${number(200)}:13)\n    at run (/srv/shop/src/app.js:20:5)\n`;
      text += `${stamp} ERROR [orders] Error: order ${number(1e6)} cannot be paid in state ${number(20)}\n${at}`;
    } else if (kind < 0.4) {
      text += `{"level":30,"time":1772334000000,"pid":${number(9999)},"msg":"request completed","req":{"method":"GET","url":"/orders/${number(1e6)}"},"res":{"statusCode":200},"responseTime":${number(300)}}\n`;
    } else if (kind < 0.7) {
      text += `10.0.0.${number(255)} - - [01/Mar/2026:03:00:00 +0000] "GET /orders/${number(1e6)} HTTP/1.1" 200 ${number(9999)} "-" "Mozilla/5.0"\n`;
    } else {
      text += `${stamp} INFO [orders] order ${number(1e6)} of customer ${number(1e5)} stored in ${number(90)} ms\n`;
    }
  }
  return Buffer.from(text);
}

function readerScript(folder: string): string {
  const argument = JSON.stringify(['--reader', folder]);
  return `import(${JSON.stringify(import.meta.url)}).then((bench) => bench.run(${argument}))`;
}

/** The whole watcher in a process of its own, with a detector that notes when how much was read. */
async function runReader(folder: string): Promise<number> {
  // As `watcher start` does.
  setFlagsFromString('--semi-space-growth-factor=1');
  const reads: [number, number][] = [];
  const file = join(folder, 'log', '*.log');
  const source = createFileSource({
    patterns: [file],
    readFrom: 'end',
    clock: systemClock,
    logger: silentLogger,
    bell: createChangeBell(),
    createDetector: () => {
      const detector = createEventDetector();
      const push = detector.push.bind(detector);
      let bytes = 0;
      return Object.assign(detector, {
        push(chunk: Uint8Array, now: number) {
          const events = push(chunk, now);
          bytes += chunk.length;
          reads.push([performance.timeOrigin + performance.now(), bytes]);
          return events;
        },
      });
    },
  });
  const env = {
    ...{ LOG_FILES: file, STATE_DIR: join(folder, 'state'), SERVICE_NAME: 'bench', HOST: '127.0.0.1', PORT: '0' },
    ...{ RELAY_MODE: 'pull', RELAY_SECRET: 'whsec_'.concat(Buffer.alloc(32, 7).toString('base64')) },
  };
  const config = await loadWatcherConfig(env, { cwd: folder });
  const watcher = await composeWatcher(config, { sources: [source], log: silentLogger });
  await watcher.start();
  let beganAt = 0;
  let cpuAt = process.cpuUsage();
  for await (const word of createInterface({ input: process.stdin })) {
    if (word === 'begin') {
      beganAt = performance.now();
      cpuAt = process.cpuUsage();
    }
    const { user, system } = process.cpuUsage(cpuAt);
    const figures: ReaderFigures = {
      cpuMs: (user + system) / 1_000,
      elapsedMs: performance.now() - beganAt,
      rssBytes: process.memoryUsage.rss(),
      reads: word === 'end' ? reads : [],
      occurrences: watcher.status().pipeline.occurrences,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  }
  await watcher.stop();
  return 0;
}
