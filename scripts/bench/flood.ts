// `pnpm bench flood`: a log in which every error is a new one, through the whole watcher: what is counted, what is kept, how much memory.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { silentLogger } from '@levautofix/service-kit/logger';
import { composeWatcher } from '@levautofix/watcher/compose';
import { loadWatcherConfig } from '@levautofix/watcher/config/config';

export const help = `Usage: pnpm bench flood [--errors 1000000]

A log in which every error is a new one, through the whole watcher: what is counted, what is kept, how much memory it takes.
`;

/** Above what the process takes before the first error. */
const allowedMegabytes = 128;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { errors: { type: 'string', default: '1000000' } } });
  const errors = Number(values.errors);
  // As `watcher start` does.
  setFlagsFromString('--semi-space-growth-factor=1');
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  try {
    await writeFlood(join(folder, 'app.log'), errors);
    const env = {
      LOG_FILES: join(folder, '*.log'),
      STATE_DIR: join(folder, 'state'),
      READ_FROM: 'beginning',
      PORT: '0',
    };
    const relay = { FIXER_URL: 'http://127.0.0.1:9', RELAY_SECRET: 'a-secret-of-the-bench', SERVICE_NAME: 'bench' };
    const config = await loadWatcherConfig({ ...env, ...relay, MIN_SEVERITY: 'low' }, { cwd: folder });
    const reports: IncidentReport[] = [];
    const sink = {
      send(batch: readonly IncidentReport[]) {
        reports.push(...batch);
        return Promise.resolve({ accepted: batch.length, duplicates: 0 });
      },
    };
    const watcher = await composeWatcher(config, { sink, log: silentLogger });
    const before = process.memoryUsage.rss();
    await watcher.start();
    // The settle window opens again for as long as the flood lasts.
    for (let seen = -1; watcher.status().pipeline.occurrences !== seen;) {
      seen = watcher.status().pipeline.occurrences;
      await watcher.drain();
    }
    await watcher.finish();
    const peak = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
    await watcher.stop();
    const counted = reports.reduce((sum, { count }) => sum + count, 0);
    const dropped = reports.reduce((sum, report) => sum + (report.dropped ?? 0), 0);
    process.stdout.write(
      `${errors} different errors: ${counted} counted in ${reports.length} reports, of which ${dropped} not kept one by one; ` +
        `${peak.toFixed(0)} MB above the start at most (limit ${allowedMegabytes})\n`,
    );
    return counted === errors && reports.length < 600 && peak <= allowedMegabytes ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeFlood(path: string, errors: number): Promise<void> {
  const file = createWriteStream(path);
  for (let n = 0; n < errors; n++) {
    const name = inLetters(n);
    const frames = `    at ${name} (/srv/shop/src/${name}.js:1:1)\n    at run (/srv/shop/main.js:2:2)\n`;
    const text = `${name}Error: no ${inLetters(n * 7 + 1)} for ${name}\n${frames}2026-03-01T03:00:00.000Z INFO next\n`;
    if (!file.write(text)) await once(file, 'drain');
  }
  // An error is complete when other lines follow.
  file.end('2026-03-01T03:00:01.000Z INFO done\n'.repeat(5));
  await once(file, 'finish');
}

/** Because numbers are no part of an error's identity. */
function inLetters(n: number): string {
  return [...n.toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('');
}
