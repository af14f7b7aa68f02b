import { expect, test } from 'vitest';
import { splitWords } from './split-words.js';

test.each([
  ['node agent.mjs', ['node', 'agent.mjs']],
  ['  node\t--flag   a ', ['node', '--flag', 'a']],
  [`sh -c 'echo "a b"; exit 1'`, ['sh', '-c', 'echo "a b"; exit 1']],
  [`a "b \\"c\\" \\n" d`, ['a', 'b "c" \\n', 'd']],
  [`a\\ b '' ""`, ['a b', '', '']],
  [`pre'fix 'post`, ['prefix post']],
  ['echo $HOME * `id` | cat; x', ['echo', '$HOME', '*', '`id`', '|', 'cat;', 'x']],
  ['', []],
])('%s', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test('an unclosed quote is a fault that says so', () => {
  expect(() => splitWords(`node "agent.mjs`)).toThrow(/opening "/);
});
