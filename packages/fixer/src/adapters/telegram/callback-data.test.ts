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
