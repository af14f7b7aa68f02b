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
const zone = String.raw`(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?`;
const timeForms = [
  String.raw`\d{4}[-/.]\d\d[-/.]\d\d[T ,]{1,2}${clock}${zone}`,
  String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:${months}) {1,2}\d{1,2},? (?:\d{4},? )?${clock}${zone}(?: \d{4})?`,
  String.raw`\d{1,2}[-/. ](?:${months}|\d\d)[-/. ]\d{4}[:, T]{1,2}${clock}${zone}`,
  String.raw`\d{2}[-/]\d{2}(?:[-/]\d{2})? ${clock}`,
  String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M\b)?`,
  String.raw`\d{10}(?:\.\d{1,9})?(?=[\s\]])|\d{13}(?=[\s\]])`,
];
const timePattern = new RegExp(
  String.raw`\s?(?:\[\w+\] +\d+ +- +|[DIWEFAU], )?[\[(]?(${timeForms.join('|')})(?: #\d+\]|[\])])?`,
  'y',
);
const mayStartTime = /^\s?[[(]?(?:\d|[JFMASOND][a-z]{2} |[MTWFS][a-z]{2},? |\[?Nest\]|[DIWEFAU], \[)/;

export function readLogLine(text: string): LogLine {
  let time: string | null = null;
  let at = 0;
  if (mayStartTime.test(text)) {
    timePattern.lastIndex = 0;
    const match = timePattern.exec(text);
    if (match) {
      time = match[1] ?? null;
      at = match[0].length;
      // `[time LEVEL logger] message` keeps the bracket open behind the time.
      if (/^\s?\[/.test(match[0]) && !match[0].endsWith(']')) return withLevelInBracket(text, time, at);
    }
  }
  const found = findLevel(text, at, time !== null);
  if (found) return { time, level: found.level, rest: found.rest };
  return { time, level: null, rest: time === null ? text : text.slice(at) };
}

function withLevelInBracket(text: string, time: string | null, at: number): LogLine {
  const match = /^\s+\[?(\w+!?)\]?(?:\s[^\]]{0,80})?\]\s*/.exec(text.slice(at));
  if (match?.[1] !== undefined && isLevel(match[1]))
    return { time, level: match[1].toLowerCase(), rest: text.slice(at + match[0].length) };
  return { time, level: null, rest: text.slice(at) };
}

/** Header parts looked at before a level must have come. */
const maxParts = 7;
const part = /[\s\-|,:]*(?:\[([^\]]{0,80})\]|\(([^)]{0,60})\)|<([^>]{0,40})>|([^\s|[\]]{1,80}))/y;
/** Characters of a part without brackets. */
const maxBare = 80;
const upperLevel = /^[A-Z]{3,13}!?$/;

function findLevel(text: string, from: number, hasTime: boolean): { level: string; rest: string } | null {
  // A list or a diff, not a logger's separator.
  if (!hasTime && text.charCodeAt(0) === 0x2d) return null;
  let at = from;
  let bareParts = 0;
  for (let count = 0; count < maxParts; count++) {
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
      if (isLevel(last)) return { level: last.toLowerCase(), rest: afterLevel(text, at) };
      // Apache 2.4 writes `[core:error]`.
      const colon = word.lastIndexOf(':');
      if (colon > 0 && isLevel(word.slice(colon + 1)) && hasTime)
        return { level: word.slice(colon + 1).toLowerCase(), rest: afterLevel(text, at) };
      continue;
    }
    const level = bareLevel(bare, hasTime, count === 0, text.charCodeAt(at));
    if (level) return { level, rest: afterLevel(text, at - (bare.length - levelEnd(bare))) };
    // Words of prose are not a header; hosts, threads, process numbers and loggers are, and only behind a time.
    bareParts += 1;
    if (!hasTime || (bareParts > 1 && !isHeaderPart(bare)) || bareParts > 4) return null;
  }
  return null;
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
function bareLevel(bare: string, hasTime: boolean, isFirst: boolean, next: number): string | null {
  const colon = bare.indexOf(':');
  const word = colon > 0 ? bare.slice(0, colon) : bare;
  if (isLevel(word)) {
    if (upperLevel.test(word) && word !== 'FAIL') return word.toLowerCase();
    const isFollowedByColon = colon > 0 || next === 0x3a;
    // Lower-case words are prose unless a colon or a time right before them says otherwise.
    if (
      isFollowedByColon &&
      (hasTime ||
        /^(?:error|err|fatal|crit|critical|fail|warn|warning|info|debug|trace|panic|notice|Fatal|Critical|Warning|Info)$/.test(
          word,
        ))
    )
      return word.toLowerCase();
    if (hasTime && isFirst && /^[a-z]+$/.test(word) && word !== 'log' && word !== 'status') return word;
  }
  // Monolog and Laravel: `production.ERROR: message`.
  const dot = word.lastIndexOf('.');
  if (colon > 0 && dot > 0 && upperLevel.test(word.slice(dot + 1)) && isLevel(word.slice(dot + 1)))
    return word.slice(dot + 1).toLowerCase();
  return null;
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
