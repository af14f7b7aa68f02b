import { expect, it } from 'vitest';
import { decodeCallbackData, encodeCallbackData } from './callback-data.js';

const nonce = 'Ab3_-'.padEnd(22, 'x');

it('says answer and question in at most 64 bytes and reads them back', () => {
  for (const answer of ['approve', 'skip'] as const) {
    const data = encodeCallbackData(answer, nonce);
    expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
    expect(decodeCallbackData(data)).toEqual({ answer, nonce });
  }
});

it.each(['', 'a', 'a:', `b:${nonce}`, `a:${nonce}x`, `a:${nonce.slice(1)}`, ` a:${nonce}`, `a:${nonce}\n`, 'ok:1'])(
  'reads nothing into %j',
  (data) => {
    expect(decodeCallbackData(data)).toBeNull();
  },
);

it('reads nothing that it would not have written, out of 10,000 near misses', () => {
  const alphabet = 'as:-_Ab3 \n\u0000é';
  for (let round = 0; round < 10_000; round++) {
    // A fixed sequence: a failure can be run again.
    const pick = (index: number) => alphabet[(round * 31 + index * index * 7) % alphabet.length] ?? '';
    const data = Array.from({ length: 20 + (round % 10) }, (_, index) => pick(index)).join('');
    const read = decodeCallbackData(data);
    if (read) expect(encodeCallbackData(read.answer, read.nonce)).toBe(data);
  }
});
