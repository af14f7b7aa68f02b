// Splits a command line into words the way a POSIX shell does, without running one: quotes and backslashes, nothing expanded.
import { Fault } from '@levautofix/service-kit/fault';

export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < line.length; index++) {
    const char = line.charAt(index);
    const next = line.charAt(index + 1);
    if (quote === "'") {
      if (char === "'") quote = null;
      else word += char;
    } else if (char === '\\' && (quote === null || '"\\$`\n'.includes(next)) && next !== '') {
      word = (word ?? '') + (next === '\n' ? '' : next);
      index++;
    } else if (quote === '"') {
      if (char === '"') quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== null) {
    throw new Fault({
      code: 'command_malformed',
      message: `The command has an opening ${quote} without a closing one.`,
      remedy: 'Close the quote; words are split as a shell splits them.',
    });
  }
  if (word !== null) words.push(word);
  return words;
}
