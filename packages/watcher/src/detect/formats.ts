// The ordered table of log formats: the first that recognises a line says what it begins.
import { isFrame } from './continuation.js';
import { errorClassIn, readExceptionHead } from './exception-head.js';
import { makeHead, type Head } from './head.js';
import { readJsonRecord, readRecordBehind, readTrailingRecord, type JsonOption } from './json-record.js';
import { isErrorLevel } from './levels.js';
import { readLogLine } from './log-line.js';
import { readPrintedRecord } from './printed-record.js';

export interface Format {
  name: string;
  /** Null where the line is not of this format. */
  read(text: string, option: JsonOption): Head | null;
}

const logfmtLevel = /(?:^|\s)(?:level|lvl|severity|at)=["']?(\w+)["']?(?=\s|$)/;

export const formats: readonly Format[] = [
  {
    name: 'json',
    read: (text, option) => (text.charCodeAt(0) === 0x7b && text.endsWith('}') ? readJsonRecord(text, option) : null),
  },
  {
    name: 'printed',
    read: (text, option) => (text.startsWith('{ ') && text.endsWith(' }') ? readPrinted(text, option) : null),
  },
  { name: 'nginx', read: (text) => (text.charCodeAt(4) === 0x2f ? readNginx(text) : null) },
  {
    name: 'access',
    read: (text) =>
      text.includes(' HTTP/') && /"[A-Z]{3,8} \S+ HTTP\/[\d.]+" \d{3} /.test(text)
        ? makeHead('record', 'access', { isWhole: true })
        : null,
  },
  { name: 'logfmt', read: (text) => (text.includes('=') ? readLogfmt(text) : null) },
  { name: 'klog', read: (text) => (isDigit(text.charCodeAt(1)) ? readKlog(text) : null) },
  {
    name: 'npm',
    read: (text) => (text.startsWith('npm error ') || text.includes(' ERR! ') ? readNpm(text) : null),
  },
  { name: 'prisma', read: (text) => (text.startsWith('prisma:') ? readPrisma(text) : null) },
  { name: 'exception', read: (text) => readExceptionHead(withoutSymbol(text)) },
  { name: 'log line', read: readLogText },
];

export function readHead(text: string, option: JsonOption): Head {
  for (const format of formats) {
    const head = format.read(text, option);
    if (head) return head;
  }
  return makeHead('text', 'text', { message: text });
}

/** An object that `console.error` prints: `{ level: 'error', message: 'boom' }`. Without a level it may be anything. */
function readPrinted(text: string, option: JsonOption): Head | null {
  const record = readPrintedRecord(text);
  const head = record === null ? null : readJsonRecord(record, option);
  return head?.level == null ? null : head;
}

function readLogfmt(text: string): Head | null {
  const match = logfmtLevel.exec(text);
  if (!match || !/(?:^|\s)[\w.]+=\S/.test(text)) return null;
  const level = (match[1] ?? '').toLowerCase();
  const message = /(?:^|\s)(?:msg|message|desc|error|err)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(text);
  const error = /(?:^|\s)(?:error|err)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/.exec(text);
  const time = /(?:^|\s)(?:time|ts|timestamp)=(?:"([^"]*)"|(\S+))/.exec(text);
  if (!isErrorLevel(level)) return makeHead('record', 'logfmt', { level });
  const said = message?.[1] ?? message?.[2] ?? text;
  const cause = error?.[1] ?? error?.[2] ?? '';
  return makeHead('error', 'logfmt', {
    level,
    message: cause !== '' && !said.includes(cause) ? `${said}: ${cause}` : said,
    time: time?.[1] ?? time?.[2] ?? null,
    type: errorClassIn(said) || errorClassIn(`${cause}: `),
  });
}

/** Behind it stand the details of the request. */
export const nginxClient = ', client: ';

/** nginx: `2026/05/05 05:05:05 [error] 7#7: *1 message, client: ..., request: "GET / HTTP/1.1"`. */
function readNginx(text: string): Head | null {
  const match = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w+)\] \d+#\d+: (?:\*\d+ )?(.*)$/.exec(text);
  if (!match) return null;
  const level = match[2] ?? '';
  if (!isErrorLevel(level)) return makeHead('record', 'nginx', { level });
  const said = match[3] ?? '';
  const client = said.indexOf(nginxClient);
  const message = client === -1 ? said : said.slice(0, client);
  const request = /request: "([A-Z]+) (\S+)/.exec(said);
  return makeHead('error', 'nginx', {
    level,
    message,
    time: match[1] ?? null,
    isWhole: true,
    type: errorClassIn(message),
    request: request ? { method: request[1] ?? '', path: request[2] ?? '' } : null,
  });
}

/** npm and what logs as it does, as the npm that runs inside another: `npm ERR! message`, `gyp ERR! message`. */
function readNpm(text: string): Head | null {
  const match = /^(?:npm error|[a-z][\w-]{0,30} ERR!) (.*)$/.exec(text);
  return match && makeHead('error', 'npm', { message: match[1] ?? '', level: 'error' });
}

/** Prisma writes its events without a time: `prisma:error message`. */
function readPrisma(text: string): Head | null {
  const match = /^prisma:([a-z]{4,5})(?: (.*))?$/.exec(text);
  if (!match) return null;
  const [, level = '', message = ''] = match;
  if (!isErrorLevel(level)) return makeHead('record', 'prisma', { level });
  // A message of more lines than one begins below.
  return makeHead('error', 'prisma', { level, message, isSaidBelow: message === '', type: errorClassIn(message) });
}

/** Kubernetes and glog: `E0505 05:05:05.123456   1 file.go:12] message`; glog of late with the year before. */
function readKlog(text: string): Head | null {
  const match = /^([IWEF])(\d{4}(?:\d{4})? \d\d:\d\d:\d\d\.\d+)\s+\d+ ([\w.-]+:\d+)\] (.*)$/.exec(text);
  if (!match) return null;
  const isError = match[1] === 'E' || match[1] === 'F';
  return makeHead(isError ? 'error' : 'record', 'klog', { level: isError ? 'error' : 'info', message: match[4] ?? '' });
}

/** Behind the message of an error without frames stands the brace of its fields. */
function withoutBrace(text: string): string {
  return text.replace(/[ \t]\{$/, '');
}

/** Next.js, consola and esbuild draw a cross in front of an error. */
function withoutSymbol(text: string): string {
  const isSymbol = text.charCodeAt(0) > 0x7e || text.charCodeAt(1) > 0x7e;
  return isSymbol ? text.replace(/^\s?[✖✘⨯❌×]\s+/u, '') : text;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function readLogText(text: string, option: JsonOption): Head | null {
  // A test that passed names the errors it asked for.
  if (/^\s*[✓✔√]\s/.test(text)) return makeHead('record', 'log line');
  const first = text.charCodeAt(0);
  if (first === 0x09 || (first === 0x20 && text.charCodeAt(1) === 0x20)) {
    const inner = readExceptionHead(text.trim());
    if (inner?.kind === 'error' && inner.joining === 'frames' && !inner.isSaidBelow) {
      inner.kind = 'weak';
      return inner;
    }
    const type = errorClassIn(text);
    return type === '' ? null : makeHead('weak', 'log line', { type, message: text.trim() });
  }
  const { time, level, rest: behind } = readLogLine(text);
  const rest = level === null && time !== null ? behind.trimStart() : behind;
  // Loggers that stamp each line of a trace.
  if ((time !== null || level !== null) && isFrame(behind)) return makeHead('text', 'stamped', { message: rest });
  if (level === null) {
    const record = readRecordBehind(rest, option);
    if (record) {
      record.time ??= time;
      return record;
    }
    const bare = time === null ? null : readExceptionHead(rest);
    if (bare) {
      bare.time = time;
      return bare;
    }
    const type = errorClassIn(rest);
    if (type !== '') return makeHead('weak', 'log line', { type, message: withoutBrace(rest), time });
    return time === null ? null : makeHead('record', 'log line', { time });
  }
  if (!isErrorLevel(level)) return makeHead('record', 'log line', { level, time });
  const inner = readExceptionHead(rest);
  if (inner && inner.kind !== 'record') {
    inner.kind = 'error';
    inner.level = level;
    inner.time = time;
    inner.isBare = false;
    return inner;
  }
  // Rails sets its traces off with empty records.
  if (rest.trim() === '') return makeHead('text', 'stamped');
  if (time === null && /^(?:0|none|null|undefined|false|no|nil|-|\{\}|\[\])$/i.test(rest.trim()))
    return makeHead('text', 'text');
  const said = readTrailingRecord(rest) ?? { message: withoutBrace(rest), type: errorClassIn(rest) };
  return makeHead('error', 'log line', { level, time, ...said });
}
