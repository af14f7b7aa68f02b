// Records that a program prints as an object over several lines, as `util.inspect` or with the indents of JSON.
import { indentOf } from './continuation.js';
import type { SourceLine } from './source-line.js';

/** Lines of an object above its level. */
export const maxLinesAbove = 60;
const maxLength = 64 * 1024;
const maxDepth = 20;

const levelName = '(?:level|severity|lvl|levelname|logLevel|loglevel|severityText|severity_text)';
const levelLine = new RegExp(`^\\s{1,8}(["']?)${levelName}\\1: (?:["'](?<word>\\w+)["']|(?<number>\\d\\d)),?$`);

/** The level that a line of such an object states, in lower case; null where it is no such line. */
export function printedLevel(text: string): string | null {
  const { word, number } = levelLine.exec(text)?.groups ?? {};
  return word?.toLowerCase() ?? number ?? null;
}

/**
 * The lines from the brace that opens the object down to the one above `field`; null where that is none of its own fields.
 * `above`: nearest first.
 */
export function linesOfObject(field: SourceLine, above: Iterable<SourceLine>): SourceLine[] | null {
  const lines: SourceLine[] = [];
  const indent = indentOf(field.text);
  for (const line of above) {
    if (line.stream !== field.stream) continue;
    lines.unshift(line);
    if (line.text === '{') return indentOf(lines[1]?.text ?? field.text) === indent ? lines : null;
    // Another level of the same object: no such record, however many lines are like it.
    if (!/^\s/.test(line.text) || (indentOf(line.text) === indent && printedLevel(line.text) !== null)) return null;
  }
  return null;
}

/** The object as JSON on one line; null where it cannot be read. */
export function readPrintedRecord(text: string): string | null {
  if (text.length > maxLength) return null;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // As `util.inspect` prints it, then.
  }
  try {
    const value = new Reader(text).read();
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

class Unreadable extends Error {}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value();
    this.#skip();
    if (this.#at < this.#text.length) throw new Unreadable();
    return value;
  }

  #value(): unknown {
    this.#skip();
    const first = this.#text[this.#at];
    if (first === "'" || first === '"' || first === '`') return this.#strings();
    if (first === '{') return this.#nested(() => this.#object());
    // `[Object]`, `[Function: run]`, `[Circular *1]`, `[Error: boom]`
    const named = this.#match(
      /\[(?:Object|Array|Circular|Getter|Setter|Symbol|[Ff]unction|AsyncFunction|class|\w*Error)\b[^\]\n]*\]/y,
    );
    if (named !== null) return named;
    if (first === '[') return this.#nested(() => this.#array());
    return this.#bare();
  }

  #nested(read: () => unknown): unknown {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Unreadable();
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): Record<string, unknown> {
    const fields: [string, unknown][] = [];
    this.#at += 1;
    while (!this.#takes('}')) {
      const quoted = /['"]/.test(this.#text[this.#at] ?? '') ? this.#string() : null;
      const key = quoted ?? this.#match(/[\w$.-]+|\[[^\]\n]+\]/y);
      if (key === null || !this.#takes(':')) throw new Unreadable();
      fields.push([key, this.#value()]);
      this.#takes(',');
    }
    return Object.fromEntries(fields);
  }

  #array(): unknown[] {
    const values: unknown[] = [];
    this.#at += 1;
    while (!this.#takes(']')) {
      if (this.#match(/\.\.\. \d+ more items?/y) === null) values.push(this.#value());
      this.#takes(',');
    }
    return values;
  }

  /** Long ones are broken into pieces, with a plus between them. */
  #strings(): string {
    let text = this.#string();
    while (this.#takes('+')) {
      this.#skip();
      text += this.#string();
    }
    return text;
  }

  #string(): string {
    const quote = this.#text[this.#at] ?? '';
    if (!/['"`]/.test(quote)) throw new Unreadable();
    let text = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at] ?? '';
      if (char === quote) {
        this.#at = at + 1;
        return text;
      }
      if (char === '\n') break;
      if (char === '\\') at += 1;
      text += char === '\\' ? (escapes[this.#text[at] ?? ''] ?? this.#text[at] ?? '') : char;
    }
    throw new Unreadable();
  }

  /** A number, a date, a word; an error with its frames. */
  #bare(): unknown {
    const error = this.#match(/[\w$.]*(?:Error|Exception)(?: \[\w+\])?(?:: [^\n]*|)(?:\n\s+at [^\n]*)*/y);
    if (error !== null) return this.#error(error);
    const word = this.#match(/[^\s,{}[\]][^,{}[\]\n]*/y)?.trim();
    if (word === undefined) throw new Unreadable();
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null' || word === 'undefined') return null;
    return /^-?\d+(?:\.\d+)?$/.test(word) ? Number(word) : word;
  }

  #error(text: string): Record<string, unknown> {
    const hasFields = text.endsWith('{');
    const stack = text.replace(/(?:,| \{)$/, '').replace(/\n\s+at /g, '\n    at ');
    if (hasFields) this.#at -= 1;
    const fields = hasFields ? this.#nested(() => this.#object()) : {};
    const [, type = 'Error', message = ''] = /^([\w$.]+)(?: \[\w+\])?:? ?(.*)/.exec(stack) ?? [];
    return { ...(fields as Record<string, unknown>), type, message, stack };
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #takes(char: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    this.#skip();
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }
}
