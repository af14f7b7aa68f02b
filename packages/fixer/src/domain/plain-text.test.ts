import { expect, test } from 'vitest';
import { clip, plainLine, plainText } from './plain-text.js';

test('colours go', () => {
  expect(plainText('\u001b[1;31mred\u001b[0m \u009b32mgreen')).toBe('red green');
});

test.each([
  ['a clipboard write', 'a\u001b]52;c;ZXZpbA==\u0007b', 'a<U+001B>]52;c;ZXZpbA==<U+0007>b'],
  ['a screen wipe', '\u009b2Jx', '<U+009B>2Jx'],
  ['a cursor return', 'safe\rhidden', 'safe<U+000D>hidden'],
  ['backspaces', 'rm\b', 'rm<U+0008>'],
  ['bidirectional and zero-width characters', 'if (admin\u202e)\u200b', 'if (admin<U+202E>)<U+200B>'],
  ['tag characters', 'tag \u{e0041}', 'tag <U+E0041>'],
])('%s does nothing and hides nothing', (_, text, shown) => {
  expect(plainText(text)).toBe(shown);
});

test('newlines and tabs stay, except on one line', () => {
  expect(plainText('a\r\n\tb')).toBe('a\n\tb');
  expect(plainLine(' a\n\tb ')).toBe('a b');
});

test('a cut never splits a character', () => {
  expect(clip('ab😀cd', 4)).toBe('ab…');
  expect(clip('abcd', 4)).toBe('abcd');
});
