// Finds the lines on which an error event may begin, so that all others are never decoded.
import { rareLiterals, type RareLiteral } from './rare-literals.js';

export interface Prefilter {
  /** Bytes to read into and to search in; owned by the prefilter, because one form of it searches only in its own memory. */
  readonly memory: Uint8Array;
  /**
   * First place in `memory[from, to)` where a literal begins, or -1. A superset of where an event begins, never less.
   * `memory` must not change between two calls for one range, unless `from` goes back to its beginning.
   */
  next(from: number, to: number): number;
  /** Line ends in `memory[from, to)`. */
  countLines(from: number, to: number): number;
}

export type CreatePrefilter = (capacity: number, literals: readonly RareLiteral[]) => Prefilter;

/** Pure JavaScript: one regular expression over the range as Latin-1, which maps bytes to characters one to one. */
export const createScriptPrefilter: CreatePrefilter = (capacity, literals) => {
  const memory = Buffer.allocUnsafeSlow(capacity);
  const pattern = new RegExp(literals.map(toPattern).join('|'), 'g');
  let text = '';
  let textFrom = 0;
  let textTo = 0;
  return {
    memory,
    next(from, to) {
      if (to !== textTo || from < textFrom || text === '') {
        text = memory.toString('latin1', from, to);
        textFrom = from;
        textTo = to;
      }
      pattern.lastIndex = from - textFrom;
      const match = pattern.exec(text);
      if (match) return textFrom + match.index;
      text = '';
      return -1;
    },
    countLines(from, to) {
      let lines = 0;
      for (let at = memory.indexOf(10, from); at !== -1 && at < to; at = memory.indexOf(10, at + 1)) lines += 1;
      return lines;
    },
  };
};

/** Takes every line as a candidate; for rules of the user in which no literal can be found. */
export const createOpenPrefilter: CreatePrefilter = (capacity) => {
  const plain = createScriptPrefilter(capacity, rareLiterals);
  return { ...plain, next: (from, to) => (from < to ? from : -1) };
};

function toPattern({ text, isAnyCase }: RareLiteral): string {
  return [...text]
    .map((char) => {
      if (isAnyCase && /[a-z]/i.test(char)) return `[${char.toLowerCase()}${char.toUpperCase()}]`;
      return char
        .replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
        .replace('\n', '\\n')
        .replace('\t', '\\t');
    })
    .join('');
}
