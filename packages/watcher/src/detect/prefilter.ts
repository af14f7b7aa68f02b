// Finds the lines on which an error event may begin, so that all others are never decoded.

export interface Prefilter {
  /** Bytes to read into and to search in; owned by the prefilter, because one form of it searches only in its own memory. */
  readonly memory: Uint8Array;
  /** Where the next literal in `memory[from, to)` begins, of overlapping ones any; or -1. Never passes over a line that holds one. */
  next(from: number, to: number): number;
  /** Line ends in `memory[from, to)`. */
  countLines(from: number, to: number): number;
}

export type CreatePrefilter = (capacity: number, literals: readonly string[]) => Prefilter;

interface Gram {
  literal: Uint8Array;
  /** Place of the gram within the literal. */
  at: number;
}

const hashBits = 16;
const multiplier = 0x9e3779b1;
/** What passes the first table is looked up in a small one by another hash, before a literal is compared. */
const checkBits = 13;
const checkMultiplier = 0x85ebca6b;

/**
 * Pure JavaScript. Every second position is looked up by its four bytes: a literal of five or more has one of two
 * neighbouring grams on an even position, and all but a few grams of a log are in no literal. No byte is decoded.
 */
export const createScriptPrefilter: CreatePrefilter = (capacity, literals) => {
  const memory = new Uint8Array(Math.ceil(capacity / 8) * 8 + 8);
  const words = new Uint32Array(memory.buffer);
  const isGram = new Uint8Array(1 << hashBits);
  const isChecked = new Uint8Array(1 << checkBits);
  const grams = new Map<number, Gram[]>();
  for (const text of literals) {
    const literal = new TextEncoder().encode(text);
    const best = rarestPair(literal);
    for (const at of [best, best + 1]) {
      const word = wordAt(literal, at);
      const slot = hash(word);
      isGram[slot] = 1;
      isChecked[check(word)] = 1;
      grams.set(slot, [...(grams.get(slot) ?? []), { literal, at }]);
    }
  }
  const literalAt = (word: number, place: number, from: number, to: number): number => {
    if (isChecked[check(word)] === 0) return -1;
    for (const { literal, at } of grams.get(hash(word)) ?? []) {
      const start = place - at;
      if (start < from || start + literal.length > to) continue;
      let index = 0;
      while (index < literal.length && memory[start + index] === literal[index]) index += 1;
      if (index === literal.length) return start;
    }
    return -1;
  };
  return {
    memory,
    next(from, to) {
      const last = Math.ceil(to / 4);
      let word = words[from >>> 2] ?? 0;
      for (let index = from >>> 2; index < last; index++) {
        const current = word;
        word = words[index + 1] ?? 0;
        const across = (current >>> 16) | (word << 16);
        const even = isGram[Math.imul(current, multiplier) >>> (32 - hashBits)];
        const odd = isGram[Math.imul(across, multiplier) >>> (32 - hashBits)];
        if (even === 0 && odd === 0) continue;
        const start = even === 0 ? -1 : literalAt(current, index * 4, from, to);
        const found = start === -1 && odd !== 0 ? literalAt(across, index * 4 + 2, from, to) : start;
        if (found !== -1) return found;
      }
      return -1;
    },
    countLines: (from, to) => countNewlines(memory, words, from, to),
  };
};

/** Takes every line as a candidate; for rules of the user in which no literal can be found. */
export const createOpenPrefilter: CreatePrefilter = (capacity) => {
  const plain = createScriptPrefilter(capacity, []);
  return { ...plain, next: (from, to) => (from < to ? from : -1) };
};

function hash(word: number): number {
  return Math.imul(word, multiplier) >>> (32 - hashBits);
}

function check(word: number): number {
  return Math.imul(word, checkMultiplier) >>> (32 - checkBits);
}

/** As the processor reads them: all supported platforms are little-endian. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** Frequent letters of English and of logs make a gram frequent. */
const frequent = ' etaoinsrlcdu"';

/** The place of the two neighbouring grams that are seen least in other text. */
export function rarestPair(literal: Uint8Array): number {
  let best = 0;
  let least = Infinity;
  for (let at = 0; at + 5 <= literal.length; at++) {
    const weight = gramWeight(literal, at) + gramWeight(literal, at + 1);
    if (weight < least) {
      least = weight;
      best = at;
    }
  }
  return best;
}

function gramWeight(literal: Uint8Array, at: number): number {
  let weight = 1;
  for (let index = at; index < at + 4; index++)
    weight *= frequent.includes(String.fromCharCode(literal[index] ?? 0)) ? 1 : 0.3;
  return weight;
}

const lowBits = 0x7f7f7f7f;
/** Each byte of the sum below counts this far. */
const maxSummed = 255;

/** Four bytes at a time and without a branch: eight would need big integers. */
function countNewlines(memory: Uint8Array, words: Uint32Array, from: number, to: number): number {
  let lines = 0;
  let at = from;
  for (; at < to && at % 4 !== 0; at++) if (memory[at] === 10) lines += 1;
  const last = to >>> 2;
  while (at >>> 2 < last) {
    const stop = Math.min(last, (at >>> 2) + maxSummed);
    let sum = 0;
    for (let index = at >>> 2; index < stop; index++) {
      const word = (words[index] ?? 0) ^ 0x0a0a0a0a;
      // 1 in each byte that was a line end. No carry leaves a byte, so each is told by itself.
      sum = (sum + (~(((word & lowBits) + lowBits) | word | lowBits) >>> 7)) | 0;
    }
    lines += (sum & 0xff) + ((sum >>> 8) & 0xff) + ((sum >>> 16) & 0xff) + (sum >>> 24);
    at = stop * 4;
  }
  for (; at < to; at++) if (memory[at] === 10) lines += 1;
  return lines;
}
