// Makes the corpus of the redaction bench: secrets grown from a seed, because real-looking ones may not lie in a repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PlantedSecret {
  kind: string;
  line: string;
  secret: string;
  /** Pieces of the secret of which none may remain. */
  pieces: string[];
  /** True where only the host can know that it is one. */
  isListed: boolean;
}

interface KindFixture {
  secret: string;
  lines: string[];
  isListed?: boolean;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const upper = letters.toUpperCase();
const digits = '0123456789';
const words = ['harbor', 'velvet', 'copper', 'meadow', 'lantern', 'saffron', 'glacier', 'thistle'];

/** Seeded and repeatable (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function plantSecrets(fixtures: string, seed: number, perLine: number): PlantedSecret[] {
  const random = randomFrom(seed);
  const kinds = JSON.parse(readFileSync(join(fixtures, 'secrets.json'), 'utf8')) as Record<string, KindFixture>;
  const planted: PlantedSecret[] = [];
  for (const [kind, { secret: template, lines, isListed = false }] of Object.entries(kinds)) {
    for (const line of lines) {
      for (let round = 0; round < perLine; round++) {
        const secret = grow(template, random);
        planted.push({ kind, line: line.replace('{}', () => secret), secret, pieces: secret.split('\n'), isListed });
      }
    }
  }
  return planted;
}

export function readCleanLines(fixtures: string): string[] {
  return readFileSync(join(fixtures, 'clean-lines.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function grow(template: string, random: () => number): string {
  const pick = (from: string) => from[Math.floor(random() * from.length)]!;
  const many = (length: number, from: string) => Array.from({ length }, () => pick(from)).join('');
  return template.replace(/\{(\w+?)(?::(\d+))?\}/g, (_whole, name: string, size = '1') => {
    const length = Number(size);
    switch (name) {
      case 'word':
        return words[Math.floor(random() * words.length)]!;
      case 'digits':
        return many(length, digits);
      case 'digits1':
        return pick('123456789') + many(length - 1, digits);
      case 'hex':
        return many(length, '0123456789abcdef');
      case 'upper':
        return many(length, upper + digits);
      case 'base32':
        return many(length, `${upper}234567`);
      case 'alnum':
        // A digit, a small and a capital letter at least, as every issuer's generator gives in practice.
        return `${many(Math.max(0, length - 3), letters + upper + digits)}${`${pick(digits)}${pick(letters)}${pick(upper)}`.slice(0, length)}`;
      case 'mixed':
        return `${many(Math.max(0, length - 3), letters + upper + digits)}${`${pick(upper)}${pick(digits)}${pick(letters)}`.slice(0, length)}`;
      case 'base64':
        return many(length, `${letters}${upper}${digits}+/`);
      case 'octet':
        return String(1 + Math.floor(random() * 222) + (random() < 0.5 ? 0 : 1)).replace(/^127$/, '128');
      case 'card':
        return growCard(random);
      default:
        throw new Error(`the template names ${name}, which is unknown`);
    }
  });
}

function growCard(random: () => number): string {
  const stems = ['4', '51', '55', '2221', '34', '37', '6011', '3530'];
  const stem = stems[Math.floor(random() * stems.length)]!;
  const length = /^3[47]/.test(stem) ? 15 : 16;
  let number = stem;
  while (number.length < length - 1) number += Math.floor(random() * 10);
  const sum = [...number].reverse().reduce((total, character, index) => {
    const value = Number(character) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  number += (10 - (sum % 10)) % 10;
  const separator = ['', ' ', '-'][Math.floor(random() * 3)]!;
  if (separator === '' || length === 15) return number;
  return number.replace(/(\d{4})(?=\d)/g, `$1${separator}`);
}
