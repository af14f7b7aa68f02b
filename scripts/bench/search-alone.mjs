// Reads a log as the watcher does and does nothing but its first step: searches for the places at which an error may begin.
import { closeSync, openSync, readSync } from 'node:fs';
import { rareLiterals } from '../../packages/watcher/dist/detect/rare-literals.js';
import { createFastPrefilter } from '../../packages/watcher/dist/detect/simd-prefilter.js';

const readBytes = 256 * 1024;
const newline = 10;

const [file] = process.argv.slice(2);
const { memory, next, countLines } = createFastPrefilter(readBytes, rareLiterals);
const log = openSync(file, 'r');
let lines = 0;
let hits = 0;
for (let length; (length = readSync(log, memory, 0, readBytes, null)) > 0;) {
  lines += countLines(0, length);
  for (let at = next(0, length); at !== -1; at = next(at, length)) {
    hits += 1;
    const end = memory.indexOf(newline, at + 1);
    if (end === -1 || end >= length) break;
    at = end;
  }
}
closeSync(log);
process.stdout.write(`${hits} of ${lines}\n`);
