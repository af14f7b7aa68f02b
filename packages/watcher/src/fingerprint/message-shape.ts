// One text for all messages that normalising turns into the same one: digits and hexadecimal runs made alike.
import {
  classOf,
  digit,
  endsWithStatusWord,
  hexLetter,
  isFreeHex,
  isJoint,
  isStatusGap,
  letter,
  maxStatusLength,
  mayEndStatusWord,
  statusContext,
} from '../domain/text-runs.js';

const zero = 0x30;
const nine = 0x39;
/** Rules count up to 200 characters of a quotation, so the length of a longer text must stay. */
const maxCollapsed = 190;
const collapsedDigits = 5;
const eights = '8'.repeat(64);

/**
 * A text that the rules from `date` on treat exactly as they treat `text`, the same for many texts. To these rules one digit
 * is as good as another, but for the few that `mustStay` names; a hexadecimal run of six or more is told by its length alone,
 * and a number of five or more digits is a number.
 */
export function shapeOf(text: string): string {
  const isCollapsing = text.length <= maxCollapsed;
  let shape = '';
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > nine || code < zero) continue;
    const start = runStart(text, at, kept);
    const end = runEnd(text, at);
    shape += text.slice(kept, start) + shapeOfRun(text, start, end, isCollapsing);
    kept = end;
    at = end;
  }
  return shape + text.slice(kept);
}

/** Where the letters and digits begin that `at` is one of. */
function runStart(text: string, at: number, from: number): number {
  let start = at;
  while (start > from && classOf(text.charCodeAt(start - 1)) !== 0) start -= 1;
  return start;
}

function runEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && classOf(text.charCodeAt(end)) !== 0) end += 1;
  return end;
}

/** Of letters and digits with at least one digit. */
function shapeOfRun(text: string, start: number, end: number, isCollapsing: boolean): string {
  let kinds = 0;
  for (let at = start; at < end; at++) kinds |= classOf(text.charCodeAt(at));
  const length = end - start;
  const before = text.charCodeAt(start - 1);
  const next = text.charCodeAt(end);
  if (kinds === digit) {
    if (mustStay(text, start, end)) return text.slice(start, end);
    const isCollapsed = isCollapsing && length > collapsedDigits && isFreeNumber(length, before, next);
    return eightsOf(isCollapsed ? collapsedDigits : length);
  }
  if (isPrefixedHex(text, start, end)) return `0x${eightsOf(length - 2)}`;
  if (kinds === (digit | hexLetter) && isFreeHex(length, before, next)) return `a${eightsOf(length - 1)}`;
  // All digits but the zero that a hexadecimal number begins with.
  return text.slice(start, end).replace(/(?!0x)\d/gi, '8');
}

function eightsOf(length: number): string {
  return length <= eights.length ? eights.slice(0, length) : '8'.repeat(length);
}

/** The local address `::1`, and a status. */
function mustStay(text: string, start: number, end: number): boolean {
  if (end - start > maxStatusLength) return false;
  const before = text.charCodeAt(start - 1);
  if (before === 0x3a && end - start === 1 && text.charCodeAt(start) === 0x31) return true;
  return isStatus(text, before === 0x2d ? start - 1 : start);
}

function isStatus(text: string, from: number): boolean {
  let at = from - 1;
  while (at >= 0 && isStatusGap(text.charCodeAt(at))) at -= 1;
  if (at === from - 1 || at < 0 || !mayEndStatusWord(text.charCodeAt(at))) return false;
  return endsWithStatusWord(text.slice(Math.max(0, at - statusContext), from));
}

/** `0x` and hexadecimal digits, alone. */
function isPrefixedHex(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) !== zero || text.charCodeAt(start + 1) !== 0x78 || end === start + 2) return false;
  const before = text.charCodeAt(start - 1);
  if (before === 0x5f || isJoint(before) || text.charCodeAt(end) === 0x5f) return false;
  for (let at = start + 2; at < end; at++) if ((classOf(text.charCodeAt(at)) & letter) !== 0) return false;
  return true;
}

/** Not a part of an address, a port, a date, a fraction or an identifier. */
function isFreeNumber(length: number, before: number, next: number): boolean {
  return !(length === 8 && next === 0x20) && !isJoint(before) && !isJoint(next);
}
