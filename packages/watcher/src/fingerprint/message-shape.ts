// One text for all messages that normalising turns into the same one: digits and hexadecimal runs made alike.

/** A run of letters and digits, by what stands in it. */
const digit = 1;
const hexLetter = 2;
const letter = 4;

const classes = Uint8Array.from({ length: 256 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/\d/.test(char)) return digit;
  return /[a-f]/.test(char) ? hexLetter : /[A-Za-z]/.test(char) ? letter : 0;
});

const zero = 0x30;
const eight = 0x38;
/** Rules count up to 200 characters of a quotation, so the length of a longer text must stay. */
const maxCollapsed = 190;
const collapsedDigits = 5;
const leastHex = 6;

/** Longer than any message that is normalised. */
const room = 4096;
const narrow = Buffer.alloc(room);
const wide = Buffer.alloc(2 * room);
const codes = new Uint16Array(wide.buffer, wide.byteOffset, room);

/**
 * A text that the rules from `date` on treat exactly as they treat `text`, the same for many texts. To these rules one digit
 * is as good as another, but for the few that `mustStay` names; a hexadecimal run of six or more is told by its length alone,
 * and a number of five or more digits is a number. Always a copy: a piece of a line would keep the whole line alive.
 */
export function shapeOf(text: string): string {
  if (text.length > room) return text;
  const size = writeShape(text, narrow);
  return size === -1 ? wide.toString('utf16le', 0, 2 * writeShape(text, codes)) : narrow.toString('latin1', 0, size);
}

/** Characters written; -1 where one of them is too wide for `into`. */
function writeShape(text: string, into: Uint8Array | Uint16Array): number {
  const { length } = text;
  const isCollapsing = length <= maxCollapsed;
  let seen = 0;
  let size = 0;
  let at = 0;
  while (at < length) {
    const start = at;
    const from = size;
    let kinds = 0;
    while (at < length) {
      const code = text.charCodeAt(at);
      const kind = classOf(code);
      if (kind === 0 && at > start) break;
      kinds |= kind;
      seen |= code;
      into[size] = code;
      size += 1;
      at += 1;
      if (kind === 0) break;
    }
    if ((kinds & digit) === 0) continue;
    if (kinds === digit) {
      if (mustStay(text, start, at)) continue;
      if (isCollapsing && at - start >= collapsedDigits && isFreeNumber(text, start, at)) size = from + collapsedDigits;
      fill(into, from, size);
    } else if (isPrefixedHex(text, start, at)) {
      fill(into, from + 2, size);
    } else if (kinds === (digit | hexLetter) && isFreeHex(text, start, at)) {
      fill(into, from + 1, size);
      into[from] = 0x61;
    } else fillDigits(into, from, size);
  }
  return seen > 0xff && into === narrow ? -1 : size;
}

function classOf(code: number): number {
  return code < 256 ? (classes[code] ?? 0) : 0;
}

function fill(into: Uint8Array | Uint16Array, from: number, to: number): void {
  for (let index = from; index < to; index++) into[index] = eight;
}

/** All digits but the zero that a hexadecimal number begins with. */
function fillDigits(into: Uint8Array | Uint16Array, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    if (classOf(into[index] ?? 0) !== digit) continue;
    if (into[index] === zero && index + 1 < to && ((into[index + 1] ?? 0) | 0x20) === 0x78) continue;
    into[index] = eight;
  }
}

/** The local address `::1`, and a status, which says what went wrong. */
function mustStay(text: string, start: number, end: number): boolean {
  if (end - start > 3) return false;
  const before = text.charCodeAt(start - 1);
  if (before === 0x3a && end - start === 1 && text.charCodeAt(start) === 0x31) return true;
  return isStatus(text, before === 0x2d ? start - 1 : start);
}

const statusWord = /(?:status|code|errno|signal|http(?:\/[\d.]+)?)$/i;

function isStatus(text: string, from: number): boolean {
  let at = from - 1;
  while (at >= 0 && isGap(text.charCodeAt(at))) at -= 1;
  if (at === from - 1 || at < 0) return false;
  const last = text.charCodeAt(at);
  // The last letters of those words, in lower case, and what a version ends with.
  const isLast = lastLetters.includes(last | 0x20) || last === 0x2e || classOf(last) === digit;
  return isLast && statusWord.test(text.slice(Math.max(0, at - 63), at + 1));
}

const lastLetters = Array.from('seolp', (char) => char.charCodeAt(0));

function isGap(code: number): boolean {
  return code === 0x20 || code === 0x3a || code === 0x3d;
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
function isFreeNumber(text: string, start: number, end: number): boolean {
  const next = text.charCodeAt(end);
  return !(end - start === 8 && next === 0x20) && !isJoint(text.charCodeAt(start - 1)) && !isJoint(next);
}

/** `$`, `,`, `.` and `:`. */
function isJoint(code: number): boolean {
  return code === 0x24 || code === 0x2c || code === 0x2e || code === 0x3a;
}

/** Not a part of an address, a fraction, a host or an identifier. */
function isFreeHex(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1);
  return end - start >= leastHex && before !== 0x5f && !isJoint(before) && text.charCodeAt(end) !== 0x24;
}
