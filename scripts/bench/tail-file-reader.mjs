// Reads a log from its start with @logdna/tail-file and tests each line, split by hand, which is its fastest way; ends at the sentinel.
import { createRequire } from 'node:module';

const TailFile = createRequire(import.meta.url)('@logdna/tail-file');
const [file, sentinel] = process.argv.slice(2);
const pattern = /Error|ERROR|"level":[56]0|FATAL|ECONNREFUSED|\[error\]/;
const tail = new TailFile(file, { startPos: 0, encoding: 'utf8' });
let count = 0;
let rest = '';
const ended = new Promise((resolve) => {
  tail.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (pattern.test(line)) count += 1;
    if (lines.at(-1)?.includes(sentinel)) resolve();
  });
});
await tail.start();
await ended;
process.stdout.write(`${count}\n`);
await tail.quit();
