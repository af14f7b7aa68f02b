// `pnpm bench slow-lines`: lines that were made to be slow to read, through detection, grouping and redaction: the longest that one took.
import { parseArgs } from 'node:util';
import { redactSecrets } from '@levautofix/contract/redact';
import { sealOccurrence } from '@levautofix/watcher/domain/seal-occurrence';
import { scanLog } from '@levautofix/watcher/scan-log';
import { randomFrom } from './redaction-corpus.js';

export const help = `Usage: pnpm bench slow-lines [--lines 20000] [--seed 1]

Lines that were made to be slow to read, through detection, grouping and redaction: the longest that one took.
`;

/** What the rules look for, and what they pass over in search of it. */
const pieces = [
  ...[' ', '  ', '\t', 'a', 'A', '.', ':', '/', '\\', '[', ']', '(', ')', '{', '}', '"', "'", '`', '<', '>', '|'],
  ...['-', '--', '_', '=', ',', ';', '#', '@', '$', '%', '+', '*', '1', '12', 'e+09', 'é', '×', '⨯', '\u001b[31m'],
  ...['at ', 'at async ', '    at ', '(<anonymous>)', 'x/y.js:1:1', ':1:1', 'node:', 'File "', ', line 1', 'in `'],
  ...['Error', 'Error: ', 'TypeError', 'Exception', 'ERROR', 'error', 'warn', 'INFO', 'Caused by: ', 'a.b.', 'a/b/'],
  ...[
    '::',
    '://',
    'https://',
    'GET /',
    'HTTP/1.1',
    '" 200 ',
    'level=error ',
    'msg="',
    'time="',
    '{"a":1}',
    '"level":50',
  ],
  ...[
    "{ level: 'error' }",
    "{ level: 'error', x: ",
    "' +",
    '[Object]',
    'Uncaught (in promise) ',
    'Assertion `',
    "' failed.",
  ],
  ...['app[a1] ams [info]', 'ecs/api/1 ', 'api:dev: ', '2026-05-05T05:05:05.123456789Z '],
  ...['2026-05-05T05:05:05Z ', '12:00:00 ', '[12:00:00 ', 'ERR! ', 'npm ', 'prisma:error ', 'panic: ', 'goroutine 1 '],
  ...[
    'thread ',
    'PHP Fatal error: ',
    '** (',
    'Traceback',
    '[object] (',
    '(code: ',
    '<rejected> ',
    'reason: ',
    ',"stack":"',
  ],
  ...[
    '0x1f',
    'deadbeef',
    '1-2-',
    'user=',
    'dup key: {',
    'is not valid JSON',
    'INSERT INTO ',
    'VALUES (',
    'select ',
    'in (',
  ],
  ...[
    'value "',
    'status ',
    'for user ',
    'eyJ',
    'ch_',
    'password=',
    'Bearer ',
    '-----BEGIN ',
    'sk-',
    'a@b.c',
    '10.0.0.1',
  ],
  ...['\\n', '\\n    at ', "Emitted '", 'stdout F ', '[pod/', '<13>', 'app[web.1]: ', '1|app | '],
];
/** What the line stands below. */
const openers = ['', 'ERROR a\n', 'Error: x\n    at f (/a.js:1:1)\n', 'Error: x\n    at f (/a.js:1:1) {\n'];
const lineLength = 60_000;
const allowedMs = 250;

export function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { lines: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  });
  const count = Number(values.lines);
  const random = randomFrom(Number(values.seed));
  let worst = { ms: 0, line: '' };
  for (let index = 0; index < count; index++) {
    const line = makeLine(random);
    const ms = timeOf(line);
    if (ms > worst.ms) worst = { ms, line };
  }
  const shown = JSON.stringify(`${worst.line.slice(0, 60)} … ${worst.line.slice(-40)}`);
  process.stdout.write(
    `${count} lines of ${lineLength} characters: ${worst.ms.toFixed(0)} ms at most (limit ${allowedMs}), for ${shown}\n`,
  );
  return Promise.resolve(worst.ms <= allowedMs ? 0 : 1);
}

/** One or two pieces over and over, with others in front and behind. */
function makeLine(random: () => number): string {
  const pick = (most: number): string =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => pieces[Math.floor(random() * pieces.length)]).join(
      '',
    );
  const opener = openers[Math.floor(random() * openers.length)] ?? '';
  const [first, second] = [pick(3) || 'x', pick(2)];
  const half = second === '' ? lineLength : lineLength / 2;
  return `${opener}${pick(3)}${repeated(first, half)}${second === '' ? '' : repeated(second, half)}${pick(3)}`;
}

function repeated(text: string, length: number): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

function timeOf(line: string): number {
  const startedAt = performance.now();
  for (const event of scanLog(`up\n${line}\nok\n`)) {
    const { error, loggedAt, level, request, traceId, context, startLine, endLine, fingerprint } = event;
    const said = { error, loggedAt, level, request, traceId, context, startLine, endLine, fingerprint };
    sealOccurrence({ ...said, source: 'app.log', seenAt: 0 }, (text) => redactSecrets(text), { hasContext: true });
  }
  return performance.now() - startedAt;
}
