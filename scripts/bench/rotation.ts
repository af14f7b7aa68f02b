// `pnpm bench rotation`: numbered lines under rotation, by rename and by copytruncate: what the watcher saw of what was written.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@levautofix/service-kit/clock';
import { silentLogger } from '@levautofix/service-kit/logger';
import { createFileSource } from '@levautofix/watcher/adapters/files/file-source';
import type { EventDetector } from '@levautofix/watcher/domain/event-detector';

export const help = `Usage: pnpm bench rotation [--rotations 100] [--rate 5000]

Numbered lines, so many a second, under rotation by rename and by copytruncate: what the watcher saw of what was written.
`;

/** Opens the file for each batch, as `>>` does, so that it follows a rename at once. Prints the number of the last line. */
const writer = `
const { appendFileSync } = require('node:fs');
const [file, perSecond] = process.argv.slice(1);
const startedAt = performance.now();
let written = 0;
const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(perSecond));
  let text = '';
  while (written < due) text += 'line ' + ++written + ' of a log that somebody reads\\n';
  if (text !== '') appendFileSync(file, text);
}, 5);
process.stdin.resume().on('end', () => { clearInterval(timer); process.stdout.write(String(written)); });
`;

type Rotation = 'rename' | 'copytruncate';

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { rotations: { type: 'string', default: '100' }, rate: { type: 'string', default: '5000' } },
  });
  const settings = { rotations: Number(values.rotations), rate: Number(values.rate) };
  const results = [
    await measure('rename', 'app.log', settings),
    await measure('copytruncate', 'app.log*', settings),
    await measure('copytruncate', 'app.log', settings),
  ];
  for (const { rotation, pattern, written, destroyed, lost, doubled } of results) {
    const share = (count: number) => `${count} (${(count / settings.rotations).toFixed(1)} a rotation)`;
    process.stdout.write(
      `${rotation.padEnd(12)} LOG_FILES=${pattern.padEnd(8)} ${written} lines, ${settings.rotations} rotations: ` +
        `${destroyed} destroyed by the rotation itself, ${share(lost)} not seen by the watcher, ${share(doubled)} seen twice\n`,
    );
  }
  // With the copies named, nothing that still exists may be missed.
  return results.slice(0, 2).every(({ lost }) => lost === 0) ? 0 : 1;
}

async function measure(rotation: Rotation, pattern: string, { rotations, rate }: { rotations: number; rate: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rotation-'));
  const file = join(folder, 'app.log');
  const seen = new Map<number, number>();
  const source = createFileSource({
    patterns: [join(folder, pattern)],
    readFrom: 'beginning',
    clock: systemClock,
    logger: silentLogger,
    createDetector: () => createCounter(seen),
  });
  await source.start([], () => undefined);
  const child = spawn(process.execPath, ['-e', writer, file, String(rate)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const end = new Promise<number>((resolve) => child.stdout.once('data', (text: Buffer) => resolve(Number(text))));
  try {
    await pause(500);
    for (let n = 1; n <= rotations; n++) {
      await pause(300);
      if (rotation === 'rename') renameSync(file, `${file}.${n}`);
      else {
        copyFileSync(file, `${file}.${n}`);
        truncateSync(file, 0);
      }
    }
    await pause(300);
    child.stdin.end();
    const written = await end;
    await pause(5_000);
    await source.drain();
    const kept = new Set<number>();
    for (const name of readdirSync(folder)) numbersIn(readFileSync(join(folder, name))).forEach((n) => kept.add(n));
    const lost = [...kept].filter((n) => !seen.has(n)).length;
    const doubled = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
    return { rotation, pattern, written, destroyed: written - kept.size, lost, doubled };
  } finally {
    await source.stop();
    rmSync(folder, { recursive: true });
  }
}

/** In the place of a detector: notes which lines went by. */
function createCounter(seen: Map<number, number>): EventDetector {
  let rest = Buffer.alloc(0);
  return {
    push(bytes) {
      const text = Buffer.concat([rest, bytes]);
      const lineEnd = text.lastIndexOf(10) + 1;
      for (const n of numbersIn(text.subarray(0, lineEnd))) seen.set(n, (seen.get(n) ?? 0) + 1);
      rest = Buffer.from(text.subarray(lineEnd));
      return [];
    },
    flush: () => [],
    end() {
      rest = Buffer.alloc(0);
      return [];
    },
    get pendingBytes() {
      return rest.length;
    },
    cutLines: 0,
  };
}

function numbersIn(text: Buffer): number[] {
  return [...text.toString('latin1').matchAll(/^line (\d+) of a log that somebody reads$/gm)].map(([, n]) => Number(n));
}
