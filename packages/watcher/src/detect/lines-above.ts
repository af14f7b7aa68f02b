// What stands above a line in the memory that logs are read into: context, a head without a level, an excerpt of the source.
import { indentOf } from './continuation.js';
import type { RunnerPrefixes } from './runner-prefixes.js';
import { readSourceLine, type SourceLine } from './source-line.js';

/** Bytes before a line that stay readable: an error without a level is known by the frame below its head, which may be long. */
export const historyBytes = 64 * 1024;
/** Of these, what may be kept as context. */
const contextBytes = 8 * 1024;
const maxLines = 8;
/** Bytes of a line that are looked at. */
const maxLineBytes = 2_000;
/** A file and a line, but no host and port, nor prose that ends with them. */
const placeInSource = /^(?:undefined|node:\S+|(?!https?:)\S*[./\\\])>]\S*|(?:\/|file:|[A-Za-z]:\\).*):\d+$/;
const newline = 10;
const carriageReturn = 13;

export class LinesAbove {
  readonly #memory: Buffer;
  readonly #prefixes: RunnerPrefixes;

  constructor(memory: Buffer, prefixes: RunnerPrefixes) {
    this.#memory = memory;
    this.#prefixes = prefixes;
  }

  /** Up to `count` lines as they stand. Kept now, for the memory moves on; understood only for an event that somebody looks at. */
  raw(start: number, count: number): string {
    const oldest = Math.max(0, start - contextBytes);
    let from = start;
    for (let index = 0; index < count && from > 0; index++) {
      const above = from === 1 ? 0 : this.#memory.lastIndexOf(newline, from - 2) + 1;
      if (above < oldest) break;
      from = above;
    }
    return from === start ? '' : this.#memory.toString('utf8', from, start);
  }

  /** Nearest first, up to `count`, as far as history reaches. `line` begins at `start`. */
  lines(start: number, line: SourceLine): SourceLine[] {
    return [...this.upwards(start, line, maxLines)];
  }

  *upwards(start: number, line: SourceLine, count: number): Generator<SourceLine> {
    const from = Math.max(0, start - historyBytes);
    const base = line.offset - start;
    let end = start - 1;
    let number = line.number;
    for (let index = 0; end >= from && index < count; index++) {
      const at = end === 0 ? 0 : this.#memory.lastIndexOf(newline, end - 1) + 1;
      if (at < from || number <= 1) break;
      number -= 1;
      const stop = end > at && this.#memory[end - 1] === carriageReturn ? end - 1 : end;
      const raw = this.#memory.toString('utf8', at, Math.min(stop, at + maxLineBytes));
      yield readSourceLine(raw, number, base + at, base + end + 1, this.#prefixes);
      end = at - 1;
    }
  }

  /** The line that an indented one is a field of, by way of others: the nearest that is indented less, up to one that is not. */
  owner(start: number, line: SourceLine): SourceLine | null {
    let indent = indentOf(line.text);
    let opener: string | null = null;
    for (const above of this.lines(start, line)) {
      const own = indentOf(above.text);
      if (above.text.trim() === '') return null;
      if (own >= indent) continue;
      indent = own;
      opener ??= above.text;
      if (own === 0) return /[:{[(]\s*$/.test(opener) ? above : null;
    }
    return null;
  }

  /** Where the source excerpt begins that Node prints above an uncaught error: a place, some source, a caret. */
  excerpt(start: number, line: SourceLine): { line: number; offset: number } | null {
    if (line.stream === '' && !this.#mayEndExcerpt(start)) return null;
    return excerptIn(this.lines(start, line).filter(({ stream }) => stream === line.stream));
  }

  /** Whether a caret, or an empty line below one, stands right above: told without decoding. */
  #mayEndExcerpt(start: number): boolean {
    let at = start - 1;
    while (at > 0 && (this.#memory[at - 1] === newline || this.#memory[at - 1] === carriageReturn)) at -= 1;
    const last = this.#memory[at - 1];
    // The last letter of a colour code may hide it.
    return last === 0x5e || last === 0x7e || last === 0x6d;
  }
}

function excerptIn(lines: readonly SourceLine[]): { line: number; offset: number } | null {
  // Python prints no head above an error of syntax.
  const above = lines.findIndex(({ text }) => !/^\s+\S/.test(text));
  const place = (above === -1 ? lines.length : above) - 1;
  if (place >= 0 && place < 4 && /^\s+File "[^"]*", line \d+/.test(lines[place]?.text ?? ''))
    return toStart(lines[place]);
  const caret = lines[0]?.text.trim() === '' ? 1 : 0;
  if (!/^\s*[\^~]+\s*$/.test(lines[caret]?.text ?? '')) return null;
  return toStart(lines.slice(caret + 1).find(({ text }) => placeInSource.test(text)));
}

function toStart(line: SourceLine | undefined): { line: number; offset: number } | null {
  return line ? { line: line.number, offset: line.offset } : null;
}
