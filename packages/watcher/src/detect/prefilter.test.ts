import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { literalPlaces } from './literal-places.js';
import { createScriptPrefilter, type CreatePrefilter } from './prefilter.js';
import { rareLiterals } from './rare-literals.js';
import { createFastPrefilter } from './simd-prefilter.js';

function places(create: CreatePrefilter, text: string, literals: readonly string[], from = 0): number[] {
  const prefilter = create(4096, literals);
  const bytes = Buffer.from(text, 'latin1');
  prefilter.memory.set(bytes, from);
  const found: number[] = [];
  for (let at = from; ;) {
    const hit = prefilter.next(at, from + bytes.length);
    if (hit === -1) return found;
    found.push(hit - from);
    at = hit + 1;
  }
}

function expected(text: string, literals: readonly string[]): { start: number; end: number }[] {
  const all: { start: number; end: number }[] = [];
  for (const literal of literals)
    for (let at = text.indexOf(literal); at !== -1; at = text.indexOf(literal, at + 1))
      all.push({ start: at, end: at + literal.length });
  return all;
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...rareLiterals),
      fc.constantFrom('err', 'Erro', 'evel":', '\n', 'x', ' ', ' at '),
      fc.string({ maxLength: 12 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join('')).toString('latin1'));

describe.each([
  ['script', createScriptPrefilter],
  ['WebAssembly', createFastPrefilter],
])('the prefilter in %s', (_name, create) => {
  test('finds each literal or one that overlaps it, at any alignment, and nothing else', () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 40 }), (text, from) => {
        const found = places(create, text, rareLiterals, from);
        const there = expected(text, rareLiterals);
        const told = there.filter(({ start }) => found.includes(start));
        const missed = there.filter((one) => !told.some(({ start, end }) => start < one.end && one.start < end));
        const invented = found.filter((place) => !there.some(({ start }) => start === place));
        expect({ missed, invented }).toEqual({ missed: [], invented: [] });
      }),
      { numRuns: 300, examples: [['"s":"E"critic', 1]] },
    );
  });
  test('takes literals of the user', () => {
    expect(places(create, 'a tray is out of paper', [...rareLiterals, 'of paper'])).toEqual([14]);
  });
  test('counts the lines of a range', () => {
    const prefilter = create(4096, rareLiterals);
    prefilter.memory.set(Buffer.from('\n\nab\n\ncdefghijklmnopqrstuvwxyz\n\n\nend\n'));
    expect([prefilter.countLines(0, 37), prefilter.countLines(1, 2), prefilter.countLines(3, 33)]).toEqual([8, 1, 5]);
    prefilter.memory.fill(10);
    expect([prefilter.countLines(0, 4096), prefilter.countLines(3, 4093)]).toEqual([4096, 4090]);
  });
});

test('the module of WebAssembly is what runs here', () => {
  expect(createFastPrefilter(64, rareLiterals).memory.buffer.byteLength % 65_536).toBe(0);
});

test('each literal has been given its place (node scripts/build-simd-prefilter.mjs)', () => {
  expect(Object.keys(literalPlaces).sort()).toEqual([...rareLiterals].sort());
});
