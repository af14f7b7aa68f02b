// Reads a log from its start with @logdna/tail-file and tests each line, as its users do; ends at the sentinel.
import { createRequire } from 'node:module';
import readline from 'node:readline';

const TailFile = createRequire(import.meta.url)('@logdna/tail-file');
const [file, sentinel] = process.argv.slice(2);
const pattern = /Error|ERROR|"level":[56]0|FATAL|ECONNREFUSED|\[error\]/;
const tail = new TailFile(file, { startPos: 0 });
let count = 0;
await tail.start();
for await (const line of readline.createInterface({ input: tail, crlfDelay: Infinity })) {
  if (pattern.test(line)) count += 1;
  if (line.includes(sentinel)) break;
}
process.stdout.write(`${count}\n`);
await tail.quit();
