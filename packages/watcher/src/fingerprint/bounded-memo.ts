// Remembers the results of a pure function of a text, in bounded memory.
import { copyText } from '../domain/copy-text.js';

/** Answers of this many texts at most are kept twice over: it forgets the older half, so what repeats stays known. */
const memoEntries = 4096;

export function boundedMemo<T extends object | string>(compute: (key: string) => T): (key: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (key) => {
    let value = young.get(key);
    if (value !== undefined) return value;
    value = old.get(key) ?? compute(key);
    if (young.size >= memoEntries) {
      old = young;
      young = new Map();
    }
    young.set(copyText(key), value);
    return value;
  };
}
