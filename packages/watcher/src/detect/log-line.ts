// Reads the header that a logger writes before a message: time, level, thread, logger, in whatever order.
import { isLevel } from './levels.js';

export interface LogLine {
  time: string | null;
  /** Lower case; null where the line states none. */
  level: string | null;
  /** What follows the header; where no level was found, what follows the time. */
  rest: string;
}

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const clock = String.raw`\d{1,2}:\d\d(?::\d\d)?(?:[.,:]\d{1,9})?(?: ?[AP]M\b)?`;
const zone = String.raw`(?: ?(?:Z|(?:UTC|GMT)(?:[+-]\d\d:?\d\d)?|[+-]\d\d:?\d\d))?`;
const zoneNames = new Set([
  ...['WET', 'WEST', 'BST', 'IST', 'CET', 'CEST', 'MET', 'MEST', 'EET', 'EEST', 'MSK', 'TRT'],
  ...['EST', 'EDT', 'CST', 'CDT', 'MST', 'MDT', 'PST', 'PDT', 'AKST', 'AKDT', 'HST', 'AST', 'ADT', 'NST', 'NDT'],
  ...['BRT', 'ART', 'CLT', 'PET', 'SAST', 'EAT', 'CAT', 'WAT', 'PKT', 'NPT', 'ICT', 'WIB', 'SGT', 'HKT', 'PHT'],
  ...['JST', 'KST', 'AWST', 'ACST', 'ACDT', 'AEST', 'AEDT', 'NZST', 'NZDT'],
]);
const zoneArea =
  / (Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)\/[\w+/-]{2,30}(?![\w/])/y;
const zoneName = / ([A-Z]{3,4})(?![\w/])/y;
const datedForms = [
  String.raw`\d{4}[-/.]\d\d[-/.]\d\d[T ,]{1,2}${clock}${zone}`,
  String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:${months}) {1,2}\d{1,2},? (?:\d{4},? )?${clock}${zone}(?:(?: [A-Z]{3,4})? \d{4})?`,
  String.raw`\d{1,2}[-/. ](?:${months}|\d\d)[-/. ]\d{4}[:, T]{1,2}${clock}${zone}`,
];
const timeForms = [
  ...datedForms,
  String.raw`\d{2}[-/]\d{2}(?:[-/]\d{2})? ${clock}`,
  String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M\b)?${zone}`,
  String.raw`\d{1,2}:\d\d ?[AP]M\b`,
  String.raw`\d{10}(?:\.\d{1,9})?(?=[\s\]])|\d{13}(?=[\s\]])`,
  String.raw`\d(?:\.\d{1,17})?e\+09(?=\s)`,
];
const timePattern = new RegExp(String.raw`\s?(?:\[\w+\] +\d+ +- +|[DIWEFAU], )?[\[(]?(${timeForms.join('|')})`, 'y');
const timeBehind = new RegExp(String.raw`[\s\-|:]{1,10}[\[(]?(${datedForms.join('|')})`, 'y');
/** Ruby puts the number of the process behind the time. */
const numberInBracket = / #\d+\]/y;
const mayStartTime = /^\s?[[(]?(?:\d|[JFMASOND][a-z]{2} |[MTWFS][a-z]{2},? |\[?Nest\]|[DIWEFAU], \[)/;

export function readLogLine(text: string): LogLine {
  if (text.charCodeAt(0) === 0x5b) {
    const line = readTornado(text) ?? readChromium(text);
    if (line) return line;
  }
  let time: string | null = null;
  let at = 0;
  if (mayStartTime.test(text)) {
    timePattern.lastIndex = 0;
    const match = timePattern.exec(text);
    if (match) {
      time = readableTime(match[1] ?? '');
      at = headerEnd(text, match[0].length);
      // `[time LEVEL logger] message` keeps the bracket open behind the time.
      if (/^\s?\[/.test(match[0]) && text.charCodeAt(at - 1) !== 0x5d) return withLevelInBracket(text, time, at);
    }
  }
  const found = findLevel(text, at, time !== null);
  if (!found) return { time, level: null, rest: time === null ? text : text.slice(at) };
  const behind = time === null ? timeAt(text, found.end) : null;
  return { time: behind?.time ?? time, level: found.level, rest: afterLevel(text, behind?.end ?? found.end) };
}

/** zap writes seconds as a float prints itself: `1.6840896000123456e+09`. */
function readableTime(time: string): string {
  return time.includes('e+') ? String(Number(time)) : time;
}

/** A full time with its date; a clock may be anything. */
function timeAt(text: string, at: number): { time: string; end: number } | null {
  timeBehind.lastIndex = at;
  const match = timeBehind.exec(text);
  return match && { time: match[1] ?? '', end: headerEnd(text, timeBehind.lastIndex) };
}

/** Behind what follows a time that ends at `at`: a zone that is known by its name alone, without which the moment can be read; a bracket. */
function headerEnd(text: string, at: number): number {
  const end = zoneEnd(text, at);
  const code = text.charCodeAt(end);
  if (code === 0x5d || code === 0x29) return end + 1;
  if (code !== 0x20 || text.charCodeAt(end + 1) !== 0x23) return end;
  numberInBracket.lastIndex = end;
  return numberInBracket.test(text) ? numberInBracket.lastIndex : end;
}

function zoneEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x20 || !isCapital(text.charCodeAt(at + 1))) return at;
  const pattern = isCapital(text.charCodeAt(at + 2)) ? zoneName : zoneArea;
  pattern.lastIndex = at;
  const name = pattern.exec(text)?.[1];
  return name !== undefined && (pattern === zoneArea || zoneNames.has(name)) ? pattern.lastIndex : at;
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

const letterLevels: Readonly<Record<string, string>> = {
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
  C: 'critical',
};

/** Tornado and Jupyter: `[E 240502 06:10:13 web:1789] message`. */
function readTornado(text: string): LogLine | null {
  const match =
    /^\[([DIWEC]) (?:(\d\d)(\d\d)(\d\d)|(\d{4}-\d\d-\d\d)) (\d\d:\d\d:\d\d(?:\.\d{3})?) [^\]]{1,80}\] ?/.exec(text);
  if (!match) return null;
  const [header, letter = '', year, month, day, date = `20${year}-${month}-${day}`, time] = match;
  return { time: `${date} ${time}`, level: letterLevels[letter] ?? null, rest: text.slice(header.length) };
}

/** Chromium, and Electron with it: `[19984:0601/053048.378:ERROR:gpu_process_host.cc(993)] message`. */
function readChromium(text: string): LogLine | null {
  const match = /^\[(?:\d{1,10}:)?(?:\d{1,10}:)?(\d{4}\/\d{6}(?:\.\d{1,6})?):([A-Z]{4,10})\d?:[^\]]{1,120}\] ?/.exec(
    text,
  );
  if (!match) return null;
  const [header, time = '', level = ''] = match;
  return { time, level: level.toLowerCase(), rest: text.slice(header.length) };
}

function withLevelInBracket(text: string, time: string | null, at: number): LogLine {
  const match = /^:?\s+\[?(\w+!?)\]?(?:[\s/][^\]]{0,80})?\]:?\s*/.exec(text.slice(at));
  if (match?.[1] !== undefined && isLevel(match[1]))
    return { time, level: match[1].toLowerCase(), rest: text.slice(at + match[0].length) };
  return { time, level: null, rest: text.slice(at) };
}

/** Header parts looked at before a level must have come. */
const maxParts = 7;
/** Drawn before a level by consola, signale, esbuild and Next.js. None that stands before what went well: tests are named there. */
const symbols = '›✖✘⨯❌×';
const part = new RegExp(
  String.raw`[\s\-|,:${symbols}\ufe0f]*(?:\[([^\]]{0,80})\]|\(([^)]{0,60})\)|<([^>]{0,40})>|([^\s|[\]]{1,80}))`,
  'y',
);
/** Characters of a part without brackets. */
const maxBare = 80;
const upperLevel = /^[A-Z]{3,13}!?$/;

function findLevel(text: string, from: number, hasTime: boolean): { level: string; end: number } | null {
  // A list or a diff, not a logger's separator.
  if (!hasTime && text.charCodeAt(0) === 0x2d) return null;
  let at = from;
  let bareParts = 0;
  for (let count = 0; count < maxParts; count++) {
    const before = at;
    const start = skipSeparators(text, at);
    const end = bareEnd(text, start);
    let bare = text.slice(start, end);
    let bracketed: string | undefined;
    if (end > start) at = end;
    else {
      part.lastIndex = at;
      const match = part.exec(text);
      if (!match) return null;
      at = part.lastIndex;
      bracketed = match[1] ?? match[2] ?? match[3];
      bare = match[4] ?? '';
    }
    if (bracketed !== undefined) {
      const word = bracketed.trim();
      // Serilog's `[05:05:05 ERR]`, and `[ERROR]` itself.
      const last = word.slice(word.lastIndexOf(' ') + 1);
      if (isLevel(last)) return { level: last.toLowerCase(), end: at };
      const level = hasTime ? levelBehindPlace(word) : null;
      if (level !== null) return { level, end: at };
      continue;
    }
    const level =
      bareLevel(bare, hasTime, text.charCodeAt(at)) ??
      (isLowerLevel(bare) && isColumn(text, before, at, hasTime, count === 0) ? bare : null);
    if (level) return { level, end: at - (bare.length - levelEnd(bare)) };
    // Words of prose are not a header; hosts, threads, process numbers and loggers are, and only behind a time.
    bareParts += 1;
    if (!hasTime) return levelBehindName(text);
    if ((bareParts > 1 && !isHeaderPart(bare)) || bareParts > 4) return null;
  }
  return null;
}

/** nginx without a log of its own: `nginx: [emerg] message`. */
function levelBehindName(text: string): { level: string; end: number } | null {
  const match = /^[\w.-]{1,40}: \[([a-z]{3,13}|[A-Z]{3,13})\] /.exec(text);
  const level = match?.[1] ?? '';
  return match && isLevel(level) ? { level: level.toLowerCase(), end: match[0].length } : null;
}

/** Apache 2.4 writes `[core:error]`, log4j in games `[Server thread/ERROR]`. */
function levelBehindPlace(word: string): string | null {
  // A path has more than one slash, or begins with it, or is of lower case.
  const thread = /^[^/]{0,60}[^\s/]\/([A-Z]{3,13})$/.exec(word);
  const colon = word.lastIndexOf(':');
  const level = thread?.[1] ?? (colon > 0 ? word.slice(colon + 1) : '');
  return isLevel(level) ? level.toLowerCase() : null;
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); isSeparator(code); code = text.charCodeAt(at)) at += 1;
  return at;
}

function isSeparator(code: number): boolean {
  return code === 0x20 || code === 0x2d || code === 0x7c || code === 0x2c || code === 0x3a;
}

/** Where a part of plain characters without brackets ends; `start` where `part` has to tell, which is seldom. */
function bareEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === 0x28 || first === 0x3c) return start;
  let at = start;
  while (at - start < maxBare) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x7c || code === 0x5b || code === 0x5d || Number.isNaN(code)) return at;
    if (code < 0x20 || code > 0x7e) return start;
    at += 1;
  }
  return at;
}

function levelEnd(bare: string): number {
  const colon = bare.indexOf(':');
  const dot = bare.lastIndexOf('.', colon === -1 ? undefined : colon);
  if (colon > 0 && isLevel(bare.slice(0, colon))) return colon + 1;
  return colon > 0 && dot > 0 ? colon + 1 : bare.length;
}

/** The level that a header part without brackets states, or null. */
function bareLevel(bare: string, hasTime: boolean, next: number): string | null {
  const colon = bare.indexOf(':');
  const word = colon > 0 ? bare.slice(0, colon) : bare;
  if (isLevel(word)) {
    // `PNC`, a panic of zerolog, is a name too.
    if (upperLevel.test(word) && word !== 'FAIL' && (hasTime || word !== 'PNC')) return word.toLowerCase();
    const isFollowedByColon = colon > 0 || next === 0x3a;
    // Lower-case words are prose unless a colon says otherwise.
    if (
      isFollowedByColon &&
      (hasTime ||
        /^(?:error|err|fatal|crit|critical|fail|warn|warning|info|debug|trace|panic|notice|Fatal|Critical|Warning|Info)$/.test(
          word,
        ))
    )
      return word.toLowerCase();
  }
  // Monolog and Laravel: `production.ERROR: message`.
  const dot = word.lastIndexOf('.');
  if (colon > 0 && dot > 0 && upperLevel.test(word.slice(dot + 1)) && isLevel(word.slice(dot + 1)))
    return word.slice(dot + 1).toLowerCase();
  return null;
}

function isLowerLevel(word: string): boolean {
  return isLevel(word) && /^[a-z]+$/.test(word) && word !== 'log' && word !== 'status';
}

const symbolIn = new RegExp(`[${symbols}]`);

/**
 * Whether the word that ends at `end` is a column and not prose: a time is next to it, or a logger's symbol before it.
 * `from`: where the part before it ended.
 */
function isColumn(text: string, from: number, end: number, hasTime: boolean, isFirst: boolean): boolean {
  if (isFirst && (hasTime || timeAt(text, end) !== null)) return true;
  return (hasTime || text.startsWith('  ', end)) && symbolIn.test(text.slice(from, end));
}

function isHeaderPart(bare: string): boolean {
  return /^(?:[\d.:#/-]+|-+|[AP]M|UTC|GMT|[\w.$-]*[\d.$][\w.$@:#/-]*)$/.test(bare);
}

/** Loggers put thread and logger behind the level; a separator ends the header. */
const afterLevelParts =
  /^[\s\-|:\]]*(?:(?:\[[^\]]{0,80}\]|\([^)]{0,60}\)|\d+ ---)\s*)*(?:[\w$]+(?:\.[\w$]+)+(?:\(\))?(?::\d+)?\s*(?:-|:|\|)\s+|(?:root|__main__|default|app)\s*[:-]\s*|[-:|]\s+)?/;

function afterLevel(text: string, at: number): string {
  const rest = text.slice(at);
  const header = afterLevelParts.exec(rest);
  return header ? rest.slice(header[0].length) : rest;
}
