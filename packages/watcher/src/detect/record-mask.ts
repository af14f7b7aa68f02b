// The mask of a one-line record: the same bytes for all that every rule reads alike, since what varies between them is made one.
import {
  classOf,
  digit,
  endsWithStatusWord,
  hexLetter,
  isFreeHex,
  isStatusGap,
  letter,
  maxStatusLength,
  mayEndStatusWord,
  statusContext,
} from '../domain/text-runs.js';

/** Longer lines have no mask. */
const maxMaskBytes = 4096;
const leastBytes = 20;
/** Of a number; longer ones are errors in all ways of counting levels. */
const maxLevelLength = 3;

const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const dash = 0x2d;
const dot = 0x2e;
const slash = 0x2f;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const backslash = 0x5c;
const smallU = 0x75;
const underscore = 0x5f;
const brace = 0x7b;
const eight = 0x38;
const smallA = 0x61;

const uuidLength = 36;
const levelStart = Buffer.from('{"level":');
const frameStart = Buffer.from('\\n    at ');
const client = Buffer.from(', client: ');

/**
 * Of JSON and of the error log of nginx. Digits are as good as one another, but for statuses and short numbers
 * that may be levels. A longer hexadecimal run is told by its first character and its length, a UUID by its first character.
 * What is masked keeps its length: rules count characters. Frames, and what nginx says of a request, are left out.
 */
export class RecordMask {
  readonly bytes = Buffer.allocUnsafeSlow(maxMaskBytes);
  /** 0 where the line has no mask. */
  length = 0;
  /** Where the frames that were left out stand in the line; `from` is `to` where there are none. */
  framesFrom = 0;
  framesTo = 0;
  #isJson = false;
  #isInString = false;

  /** The line without its end. */
  make(source: Buffer, start: number, end: number): void {
    this.length = this.framesFrom = this.framesTo = 0;
    let length = end - start;
    const isJson = (this.#isJson = source[start] === brace);
    if (length > maxMaskBytes || length < leastBytes) return;
    const { bytes } = this;
    source.copy(bytes, 0, start, end);
    if (isJson ? this.#isPlainlyNoError() : this.#timeEnd(0, length) === 0) return;
    this.#isInString = false;
    // Where the next run may begin.
    let from = 0;
    for (let at = 0; at < length; at++) {
      const code = bytes[at] ?? 0;
      if (code > nine) {
        if (code !== backslash || !isJson) continue;
        if (this.framesTo === 0 && this.#is(frameStart, at)) {
          length = this.#cutFrames(at, length);
          if (length === 0) return;
          at -= 1;
        } else {
          at += bytes[at + 1] === smallU ? 5 : 1;
          from = at + 1;
        }
        continue;
      }
      if (code < zero) {
        if (code === quote) this.#isInString = !this.#isInString;
        else if (code === comma && !isJson && this.#is(client, at)) length = at + client.length;
        continue;
      }
      let start = at;
      let kinds = digit;
      for (let kind; start > from && (kind = classOf(bytes[start - 1] ?? 0)) !== 0; start--) kinds |= kind;
      let stop = at + 1;
      for (let kind; stop < length && (kind = classOf(bytes[stop] ?? 0)) !== 0; stop++) kinds |= kind;
      from =
        isJson && !this.#isInString ? this.#maskNumber(start, stop, kinds) : this.#maskRun(start, stop, kinds, length);
      at = from - 1;
    }
    this.length = length;
  }

  /** pino, bunyan and winston may state the level first: such a line is told faster by reading it. */
  #isPlainlyNoError(): boolean {
    if (!this.#is(levelStart, 0)) return false;
    const first = this.bytes[levelStart.length] ?? 0;
    // A number from 10 to 49, or the first letter of `debug`, `info`, `trace`, `verbose` or `warn`.
    if (first !== quote) return first > zero && first < 0x35 && this.bytes[levelStart.length + 1] === zero;
    const letterOfWord = this.bytes[levelStart.length + 1];
    return letterOfWord === 0x64 || letterOfWord === 0x69 || letterOfWord === 0x74 || letterOfWord === 0x77;
  }

  #is(text: Buffer, at: number): boolean {
    for (let index = 0; index < text.length; index++) if (this.bytes[at + index] !== text[index]) return false;
    return true;
  }

  /** Length of what is left; 0 where the line is none whose frames can be left out. */
  #cutFrames(from: number, length: number): number {
    const { bytes } = this;
    const to = bytes.indexOf(quote, from);
    // Behind a backslash, the line end or the quotation mark is no such thing.
    if (to === -1 || to >= length || bytes[from - 1] === backslash || bytes[to - 1] === backslash) return 0;
    bytes.copyWithin(from, to, length);
    this.framesFrom = from;
    this.framesTo = to;
    return length - (to - from);
  }

  /** A number that is a value of JSON, or a piece of one, stays where it may be a level, or none that JSON allows. */
  #maskNumber(start: number, end: number, kinds: number): number {
    const { bytes } = this;
    const isFraction = bytes[start - 1] === dot;
    if (kinds === digit && (isFraction || (end - start > maxLevelLength && bytes[start] !== zero)))
      this.#maskDigits(start, end);
    return end;
  }

  /** Masks a run of letters and digits in a text, or what it is the beginning of; answers where that ends. */
  #maskRun(start: number, end: number, kinds: number, lineEnd: number): number {
    const { bytes } = this;
    const length = end - start;
    const uuidEnd = length === 8 && (kinds & letter) === 0 ? this.#uuidEnd(start, lineEnd) : 0;
    if (uuidEnd > 0) {
      this.#maskHex(start, uuidEnd);
      return uuidEnd;
    }
    if (kinds === digit) {
      const whole = length === 4 ? this.#timeEnd(start, lineEnd) : length <= 3 ? this.#addressEnd(start, lineEnd) : 0;
      if (whole === 0 && length <= maxStatusLength && this.#mustStay(start, end)) return end;
      this.#maskDigits(start, whole || end);
      return whole || end;
    }
    const next = end < lineEnd ? (bytes[end] ?? 0) : 0;
    if ((kinds & letter) === 0 && isFreeHex(length, bytes[start - 1] ?? 0, next)) this.#maskHex(start, end);
    else this.#maskDigits(start, end);
    return end;
  }

  /** All but the zero that a hexadecimal number begins with. */
  #maskDigits(start: number, end: number): void {
    const { bytes } = this;
    for (let at = start; at < end; at++) {
      const code = bytes[at] ?? 0;
      if (code > nine || code < zero) continue;
      if (code === zero && at + 1 < end && ((bytes[at + 1] ?? 0) | 0x20) === 0x78) continue;
      bytes[at] = eight;
    }
  }

  /** What begins with a digit and what begins with a letter are told apart, unless it is all that a field holds. */
  #maskHex(start: number, end: number): void {
    const { bytes } = this;
    const isAll = bytes[end] === quote && this.#isField(start);
    const letterAt = isAll || (bytes[start] ?? 0) > nine ? start : start + 1;
    for (let at = start; at < end; at++) if (bytes[at] !== dash) bytes[at] = eight;
    bytes[letterAt] = smallA;
  }

  #mustStay(start: number, end: number): boolean {
    const { bytes } = this;
    const before = bytes[start - 1];
    // `1-` begins the id of a trace, and `::1` is an address.
    if (end - start === 1 && (before === colon || bytes[end] === dash)) return true;
    if (this.#isField(start)) return true;
    const from = before === dash ? start - 1 : start;
    let at = from - 1;
    while (at >= 0 && isStatusGap(bytes[at] ?? 0)) at -= 1;
    if (at === from - 1 || at < 0 || !mayEndStatusWord(bytes[at] ?? 0)) return false;
    return endsWithStatusWord(bytes.toString('latin1', Math.max(0, at - statusContext), from));
  }

  /** Whether a text that is a value of JSON begins here: it may be a level, too. */
  #isField(start: number): boolean {
    const { bytes } = this;
    if (!this.#isJson || bytes[start - 1] !== quote) return false;
    let at = start - 2;
    while (at > 0 && bytes[at] === space) at -= 1;
    return bytes[at] === colon;
  }

  #isDigit(at: number): boolean {
    const code = this.bytes[at] ?? 0;
    return code >= zero && code <= nine;
  }

  #areDigits(at: number): boolean {
    return this.#isDigit(at) && this.#isDigit(at + 1);
  }

  #isWord(at: number): boolean {
    const code = this.bytes[at] ?? 0;
    return code === underscore || classOf(code) !== 0;
  }

  /** Behind `2026-05-05T05:05:05.123Z`, with slashes or a space too; 0 where none begins here. */
  #timeEnd(start: number, length: number): number {
    const { bytes } = this;
    if (start + 19 > length) return 0;
    const separator = bytes[start + 4];
    if ((separator !== dash && separator !== slash) || bytes[start + 7] !== separator) return 0;
    if (bytes[start + 10] !== space && bytes[start + 10] !== 0x54) return 0;
    if (bytes[start + 13] !== colon || bytes[start + 16] !== colon) return 0;
    if (!this.#areDigits(start + 5) || !this.#areDigits(start + 8) || !this.#areDigits(start + 11)) return 0;
    if (!this.#areDigits(start + 14) || !this.#areDigits(start + 17)) return 0;
    let end = start + 19;
    if (end + 1 < length && (bytes[end] === dot || bytes[end] === comma) && this.#isDigit(end + 1)) {
      end += 2;
      while (end < length && this.#isDigit(end)) end += 1;
    }
    if (end < length && bytes[end] === 0x5a) end += 1;
    return end < length && this.#isWord(end) ? 0 : end;
  }

  /** Behind four numbers with dots between them; 0 where none begin here. */
  #addressEnd(start: number, length: number): number {
    const { bytes } = this;
    if (start > 0 && (bytes[start - 1] === dot || bytes[start - 1] === underscore)) return 0;
    let at = start;
    for (let part = 0; part < 4; part++) {
      if (part > 0) {
        if (at >= length || bytes[at] !== dot) return 0;
        at += 1;
      }
      const from = at;
      while (at < length && at - from < 4 && this.#isDigit(at)) at += 1;
      if (at === from || at - from > 3) return 0;
    }
    if (at < length && (this.#isWord(at) || (bytes[at] === dot && at + 1 < length && this.#isWord(at + 1)))) return 0;
    return at;
  }

  /** Behind a UUID in lower case with a digit in its last part; 0 where none begins here. */
  #uuidEnd(start: number, length: number): number {
    const { bytes } = this;
    const end = start + uuidLength;
    if (end > length || bytes[start + 8] !== dash || (start > 0 && bytes[start - 1] === underscore)) return 0;
    if (end < length && this.#isWord(end)) return 0;
    let last = 0;
    for (let at = 0; at < uuidLength; at++) {
      const code = bytes[start + at] ?? 0;
      if (at === 8 || at === 13 || at === 18 || at === 23) {
        if (code !== dash) return 0;
        continue;
      }
      const kind = classOf(code);
      if (kind !== digit && kind !== hexLetter) return 0;
      if (at > 23) last |= kind;
    }
    return (last & digit) !== 0 ? end : 0;
  }
}
