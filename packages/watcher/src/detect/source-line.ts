// One line of a log source, taken out of what the runtime put around it.
import type { Head } from './head.js';
import { stripColors } from './json-record.js';
import type { RunnerPrefixes } from './runner-prefixes.js';
import { unwrap } from './unwrap.js';

/** `offset` and `end` count bytes from the start of the source. */
export interface SourceLine {
  text: string;
  /** Tells the lines of one writer from those of another in the same source; empty when nothing tells. */
  stream: string;
  /** Stated by the wrapper, such as the priority of a journal entry; null where it states none. */
  level: string | null;
  time: string | null;
  /** True for a piece of a longer line. */
  isPartial: boolean;
  /** True where nothing is around it. */
  isBare: boolean;
  /** What it would be by itself, once somebody has asked. */
  head: Head | null;
  /** Of the event that this line is all of, if its like was seen before. */
  template: object | null;
  number: number;
  /** Number of its last piece, where the line came in several. */
  lastNumber: number;
  offset: number;
  end: number;
}

/** A line that has nothing around it. */
export function bareLine(text: string, number: number, offset: number, end: number): SourceLine {
  return {
    text,
    stream: '',
    level: null,
    time: null,
    isPartial: false,
    isBare: true,
    head: null,
    template: null,
    number,
    lastNumber: number,
    offset,
    end,
  };
}

/** `raw`: the line as it stands in the source. */
export function readSourceLine(
  raw: string,
  number: number,
  offset: number,
  end: number,
  prefixes: RunnerPrefixes,
): SourceLine {
  const bare = stripColors(raw);
  const line = bareLine(bare, number, offset, end);
  const inner = unwrap(bare);
  line.isBare = inner === null && bare === raw;
  if (inner) {
    line.text = stripColors(inner.text);
    line.stream = inner.stream;
    line.level = inner.level;
    line.time = inner.time;
    line.isPartial = inner.isPartial;
  }
  stripPrefix(line, prefixes);
  return line;
}

/** Takes off what a runner put in front of the line. */
export function stripPrefix(line: SourceLine, prefixes: RunnerPrefixes): void {
  const behind = prefixes.unwrap(line.text);
  if (!behind) return;
  line.isBare = false;
  line.text = behind.text;
  line.stream = [line.stream, behind.stream].filter((part) => part !== '').join(' ');
  line.time ??= behind.time;
}
