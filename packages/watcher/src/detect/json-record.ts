// Log records that are one JSON object a line: pino, bunyan, winston, log4js, Elastic, Google Cloud, MongoDB and their kin.
import { errorClassIn, readExceptionHead } from './exception-head.js';
import { beginningLength, type FrameRuns } from './frame-runs.js';
import { makeHead, type Head } from './head.js';
import { isErrorLevel } from './levels.js';

type Fields = Record<string, unknown>;

export interface JsonLevelOption {
  /** Name of the field that holds the level where it has another name than the usual ones. */
  levelField?: string;
}

/** The frames of a trace in a record. */
export interface RecordFrames {
  /** As in the log, escaped. */
  source: string;
  /** One list stands for all records that have it, so it is frozen. */
  stack: readonly string[];
}

export interface JsonOption extends JsonLevelOption {
  /** Frames seen before. */
  runs?: FrameRuns<RecordFrames>;
}

const levelFields = [
  'level',
  'severity',
  'lvl',
  'levelname',
  'level_name',
  'loglevel',
  'logLevel',
  'severityText',
  'severity_text',
  'log.level',
  '@l',
  'PRIORITY',
];
/** Lambda writes what was thrown into the record itself. */
const typeFields = ['error.type', 'error.kind', 'exception.type', 'errorType'];
const causeFields = ['error.message', 'exception.message', 'errorMessage'];
const errorFields = ['err', 'error', 'exception', 'exc', 'e', 'reason'];
const messageFields = ['msg', 'message', 'short_message', 'MESSAGE', '@m', '@mt', 'textPayload', 'event'];
const stackFields = [
  'stack',
  'stack_trace',
  'stackTrace',
  'stacktrace',
  'exc_info',
  'error.stack_trace',
  'error.stack',
  '@x',
  'full_message',
  'trace',
];
const timeFields = ['time', 'timestamp', 'ts', '@timestamp', '@t', 'datetime', 'date'];
const traceFields = [
  'traceId',
  'trace_id',
  'traceID',
  'trace.id',
  'requestId',
  'request_id',
  'reqId',
  'req_id',
  'correlationId',
  'correlation_id',
  'x-request-id',
];

/** pino, bunyan and winston may state the level first: then there is no need to parse. */
const isPlainlyNoError = /^\{"level":(?:[1-4]0|"(?:trace|debug|verbose|info|http|warn)")[,}]/;

/** The record as a head, or null where the line is no JSON object. Kind `record` where it is no error. */
export function readJsonRecord(line: string, option: JsonOption = {}): Head | null {
  const { runs } = option;
  if (option.levelField === undefined && isPlainlyNoError.test(line))
    return makeHead('record', 'json', { isWhole: true });
  const cut = runs && cutFrames(line, runs);
  const short = cut && readFields(cut.line);
  if (short) {
    const head = toHead(short, option, cut.run);
    if (head) return head;
  }
  const fields = readFields(line);
  return fields && toHead(fields, option, null);
}

/** A record behind what a runner or a runtime puts in front of it; null where the object states no level. */
export function readRecordBehind(text: string, option: JsonOption): Head | null {
  if (!text.endsWith('}')) return null;
  const at = text.charCodeAt(0) === 0x7b ? 0 : text.search(/\s\{"/);
  const head = at === -1 ? null : readJsonRecord(text.slice(at).trimStart(), option);
  return head?.level == null ? null : head;
}

/**
 * What a text says that ends with an object in JSON, as winston and AWS Lambda write it: the object holds the error, or what
 * belongs to this occurrence alone. Null where there is none.
 */
export function readTrailingRecord(
  text: string,
): Pick<Head, 'type' | 'message' | 'stack' | 'request' | 'traceId'> | null {
  if (!text.endsWith('}')) return null;
  const at = text.search(/\s\{"/);
  const fields = at > 0 ? readFields(text.slice(at + 1)) : null;
  if (!fields) return null;
  const error = errorOf(fields);
  const said = { ...fields, msg: text.slice(0, at).trimEnd() };
  const parts = describe(said, error, firstTrace(fields, stackFields), null);
  if (!parts) return null;
  const { type, message, stack } = parts;
  return { type, message, stack, request: requestOf(fields), traceId: traceOf(fields) };
}

function readFields(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? unfolded(value) : null;
  } catch {
    return null;
  }
}

/** Google Cloud puts the record of a program into its own, loggers an object that they were given in place of a text. */
function unfolded(fields: Fields): Fields {
  for (const name of ['jsonPayload', 'message', 'msg']) {
    if (!isFields(fields[name])) continue;
    const { [name]: inner, ...own } = fields;
    return { ...(inner as Fields), ...own };
  }
  return fields;
}

/** Stands where frames were cut out of a line: a character that JSON allows and logs do not have. */
const cutMark = '\x7f';
const frameStart = '\\n    at ';

/**
 * The line without the frames of its first trace, if they are worth remembering: parsing them again for each occurrence is
 * what takes longest on such a line.
 */
function cutFrames(line: string, runs: FrameRuns<RecordFrames>): { line: string; run: RecordFrames } | null {
  const from = line.indexOf(frameStart);
  const to = from === -1 ? -1 : line.indexOf('"', from);
  // Behind a backslash, the line end or the quotation mark is no such thing.
  if (to === -1 || line.charCodeAt(from - 1) === 0x5c || line.charCodeAt(to - 1) === 0x5c) return null;
  if (line.includes(cutMark)) return null;
  const source = line.slice(from, to);
  const beginning = source.slice(0, beginningLength);
  let run = runs.find(beginning, (known) => known.source === source) ?? null;
  if (!run) {
    run = readRun(source);
    if (!run) return null;
    runs.add(beginning, run);
  }
  return { line: `${line.slice(0, from)}${cutMark}${line.slice(to)}`, run };
}

function readRun(source: string): RecordFrames | null {
  // Colours are taken out of a trace as a whole.
  if (source.includes('\\u')) return null;
  try {
    const text = JSON.parse(`"${source}"`) as string;
    // A copy: a piece of the line would keep all of it alive.
    return { source: Buffer.from(source).toString(), stack: Object.freeze(trimmed(text.split('\n'))) };
  } catch {
    return null;
  }
}

/** The record as a head; null where the frames that were cut out are needed in their place. */
function toHead(fields: Fields, option: JsonLevelOption, cut: RecordFrames | null): Head | null {
  const level = readLevel(fields, option);
  const error = errorOf(fields);
  const own = firstTrace(fields, stackFields);
  const isError =
    level === null ? error !== undefined || hasFrames(own ?? firstText(fields, messageFields) ?? '') : level.isError;
  const time = timeOf(fields);
  if (level === null && cut) return null;
  if (!isError) return makeHead('record', 'json', { level: level?.word ?? null, time, isWhole: true });
  const parts = describe(fields, error, own, cut);
  if (!parts) return null;
  return makeHead('error', 'json', {
    type: parts.type,
    message: parts.message,
    stack: parts.stack,
    level: level?.word ?? null,
    time,
    isWhole: true,
    request: requestOf(fields) ?? null,
    traceId: traceOf(fields),
    isRepeatable: parts.isRepeatable,
  });
}

function errorOf(fields: Fields): Fields | undefined {
  for (const name of errorFields) {
    const value = fields[name];
    if (isFields(value) && looksLikeError(value)) return value;
  }
  return undefined;
}

function readLevel(fields: Fields, { levelField }: JsonLevelOption): { word: string; isError: boolean } | null {
  if (levelField !== undefined && fields[levelField] !== undefined) return toLevel(fields[levelField], fields);
  for (const name of levelFields) if (fields[name] !== undefined) return toLevel(fields[name], fields);
  const { log, s, c } = fields;
  if (isFields(log) && log.level !== undefined) return toLevel(log.level, fields);
  // roarr and tslog keep it in a record of their own.
  const { context, _meta: meta, status } = fields;
  if (isFields(context) && typeof context.logLevel === 'number') return toLevel(context.logLevel, fields);
  if (isFields(meta) && typeof meta.logLevelName === 'string') return toLevel(meta.logLevelName, fields);
  // Datadog's own field; elsewhere it is the status of something else.
  if (typeof status === 'string' && (fields.ddsource !== undefined || fields.dd !== undefined))
    return toLevel(status, fields);
  // MongoDB: `"s":"E"` beside a component `c`.
  if (typeof s === 'string' && typeof c === 'string') return { word: s, isError: s === 'E' || s === 'F' };
  if (typeof fields.severityNumber === 'number') return { word: 'error', isError: fields.severityNumber >= 17 };
  return null;
}

function toLevel(value: unknown, fields: Fields): { word: string; isError: boolean } | null {
  if (typeof value === 'number') {
    // GELF counts like syslog, downwards; pino and bunyan upwards from 10.
    if (fields.short_message !== undefined || value < 10) return { word: String(value), isError: value <= 3 };
    return { word: value >= 60 ? 'fatal' : value >= 50 ? 'error' : String(value), isError: value >= 50 };
  }
  if (typeof value === 'string') {
    const word = stripColors(value).trim().toLowerCase();
    if (/^\d+$/.test(word)) return toLevel(Number(word), fields);
    return { word, isError: isErrorLevel(word) };
  }
  // log4js writes its level as an object.
  if (isFields(value) && typeof value.levelStr === 'string') return toLevel(value.levelStr, fields);
  return null;
}

function describe(
  fields: Fields,
  error: Fields | undefined,
  own: string | null,
  cut: RecordFrames | null,
): { type: string; message: string; stack: readonly string[]; isRepeatable: boolean } | null {
  const text = firstText(fields, messageFields) ?? nestedText(fields) ?? '';
  const plain = errorFields.map((name) => fields[name]).find((value) => typeof value === 'string' && value !== '') as
    string | undefined;
  const stackText =
    (error && firstTrace(error, ['stack', 'stack_trace', 'stacktrace', 'trace'])) ??
    own ??
    (plain !== undefined && hasFrames(plain) ? plain : null) ??
    (hasFrames(text) ? text : null);
  if (cut && !(stackText?.endsWith(cutMark) === true && !stackText.startsWith('Traceback'))) return null;
  const traceText = cut && stackText !== null ? stackText.slice(0, -cutMark.length) : stackText;
  // Most serializers say by themselves what stands above the frames.
  let read = traceText === null ? noTrace : null;
  const trace = (): Trace => (read ??= splitTrace(traceText ?? ''));
  const above = cut && traceText?.includes('\n') !== true ? [] : trace().stack;
  const frames = cut && above.length === 0 ? cut.stack : [...above, ...(cut?.stack ?? [])];
  const causes = causesOf(error);
  const type =
    (error && firstText(error, ['type', 'name', 'class', 'kind'])) ??
    firstText(fields, typeFields) ??
    (trace().type || errorClassIn(text) || 'Error');
  const cause =
    (error && firstText(error, ['message', 'msg', 'reason'])) ??
    firstText(fields, causeFields) ??
    attributeOf(fields) ??
    (plain !== undefined && !hasFrames(plain) ? plain : trace().message);
  const logged = stackText !== null && hasFrames(text) ? '' : text;
  const message = stripColors(joinMessages(logged, cause));
  if (cut && message === '') return null;
  return {
    type: type === 'Object' ? 'Error' : type,
    message: message === '' ? restOf(fields) : message,
    isRepeatable: message !== '' && joinsAlike(logged, cause),
    stack: causes.length === 0 ? frames : [...frames, ...causes],
  };
}

/** Objects that may hold what others write into the record itself. */
const nestedFields = ['fields', 'data', 'error', 'err', 'body'];
const otherTexts = ['text', 'detail', 'description', 'log'];

function nestedText(fields: Fields): string | null {
  const [first] = Array.isArray(fields.errors) ? (fields.errors as unknown[]) : [];
  for (const value of [...nestedFields.map((name) => fields[name]), first]) {
    const text = isFields(value) ? firstText(value, [...messageFields, ...otherTexts]) : null;
    if (text !== null) return text;
  }
  // tslog counts what it was given.
  return firstText(fields, [...otherTexts, '0']);
}

/** What every record has says nothing about this one. */
const commonFields = new Set([
  ...levelFields,
  ...timeFields,
  ...traceFields,
  'pid',
  'hostname',
  'name',
  'service',
  'v',
]);
const maxRest = 500;

/** An error is told from others by something: without a message, by what else its record holds. */
function restOf(fields: Fields): string {
  const rest = Object.entries(fields).filter(([name]) => !commonFields.has(name));
  return rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest)).slice(0, maxRest);
}

/** One message out of what the logger was told and what the error says, without saying the same twice. */
export function joinMessages(logged: string, thrown: string): string {
  if (thrown === '' || logged.includes(thrown)) return logged;
  if (logged === '' || thrown.includes(logged)) return thrown;
  return `${logged.replace(/[\s:]+$/, '')}: ${thrown}`;
}

/**
 * Whether joining gives the same for all texts that differ from these in their numbers: one of them has none, nor does it
 * begin or end with letters that could be a piece of a hexadecimal number in the other. What is a number may be written in
 * several ways.
 */
function joinsAlike(logged: string, thrown: string): boolean {
  if (isNumber(logged) || isNumber(thrown)) return false;
  return logged === '' || thrown === '' || isWords(logged) || isWords(thrown);
}

function isNumber(text: string): boolean {
  return /^[-+\d.e]+$/i.test(text);
}

function isWords(text: string): boolean {
  return !/\d|^[a-f]+(?![A-Za-z])|(?<![A-Za-z])[a-f]+$/.test(text);
}

interface Trace {
  type: string;
  message: string;
  stack: string[];
}

const noTrace: Trace = { type: '', message: '', stack: [] };

/** A stack as one text: the head of the error, then its frames. */
export function splitTrace(text: string): Trace {
  const lines = stripColors(text).split('\n');
  const isPython = lines[0]?.startsWith('Traceback') === true;
  if (isPython) {
    const last = readExceptionHead(lines.findLast((line) => /^\S/.test(line)) ?? '');
    return {
      type: last?.type ?? '',
      message: last?.message ?? '',
      stack: trimmed(lines.filter((line) => line.startsWith(' '))),
    };
  }
  const first = lines.findIndex((line, index) => index > 0 && frame.test(line));
  const headLines = first === -1 ? lines : lines.slice(0, first);
  const head = readExceptionHead(headLines[0] ?? '');
  const message = [head?.message ?? headLines[0] ?? '', ...headLines.slice(1)].join('\n').trimEnd();
  return { type: head?.type ?? '', message, stack: first === -1 ? [] : trimmed(lines.slice(first)) };
}

const frame = /^\s*(?:at |#\d+ |\S+:\d+:in |\[c)|^\s+\S+:\d+/;

function trimmed(lines: string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

function hasFrames(text: string): boolean {
  return /\n\s*(?:at |#\d|File "|from )/.test(text);
}

/** MongoDB says what went wrong in the attributes of a record. */
function attributeOf({ attr }: Fields): string | null {
  if (!isFields(attr)) return null;
  const own = firstText(attr, ['message', 'errmsg']) ?? (typeof attr.error === 'string' ? attr.error : null);
  return own ?? (isFields(attr.error) ? firstText(attr.error, ['errmsg', 'message', 'codeName']) : null);
}

/** Inner errors that a serializer kept apart from the stack. */
function causesOf(error: Fields | undefined): string[] {
  const lines: string[] = [];
  const list = error?.aggregateErrors ?? error?.errors;
  const inner = Array.isArray(list) ? list.slice(0, 10) : [];
  if (error?.cause !== undefined) inner.push(error.cause);
  for (const cause of inner) {
    if (!isFields(cause)) continue;
    const type = firstText(cause, ['type', 'name']) ?? 'Error';
    lines.push(`Caused by: ${type}: ${firstText(cause, ['message']) ?? ''}`);
    const stack = firstText(cause, ['stack']);
    if (stack !== null) lines.push(...splitTrace(stack).stack.slice(0, 20));
  }
  return lines;
}

function requestOf(fields: Fields): { method: string; path: string } | null {
  const nested = fields.req ?? fields.request ?? fields.httpRequest ?? fields.http;
  const source = isFields(nested) ? nested : fields;
  const method = firstText(source, ['method', 'requestMethod', 'http_method']);
  const path = firstText(source, ['url', 'path', 'requestUrl', 'originalUrl', 'uri']);
  if (method === null || path === null || !/^[A-Za-z]{3,8}$/.test(method)) return null;
  return { method: method.toUpperCase(), path: path.replace(/^https?:\/\/[^/]+/, '') };
}

function traceOf(fields: Fields): string | null {
  const own = firstText(fields, traceFields);
  if (own !== null) return own;
  const { req } = fields;
  return isFields(req) ? firstText(req, ['id', 'requestId']) : null;
}

function timeOf(fields: Fields): string | number | null {
  for (const name of timeFields) {
    const value = fields[name];
    if (typeof value === 'string' || typeof value === 'number') return value;
  }
  const { t } = fields;
  return isFields(t) && typeof t.$date === 'string' ? t.$date : null;
}

function firstText(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** A trace as a text, or as a list of its lines. */
function firstTrace(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    if (Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string'))
      return value.join('\n');
  }
  return null;
}

function looksLikeError(value: Fields): boolean {
  return typeof value.message === 'string' || typeof value.stack === 'string' || typeof value.stack_trace === 'string';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// eslint-disable-next-line no-control-regex
const color = /\u001b\[[0-9;?]*[A-Za-z]/g;

export function stripColors(text: string): string {
  return text.includes('\u001b') ? text.replace(color, '') : text;
}
