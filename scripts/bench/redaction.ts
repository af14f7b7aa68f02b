// `pnpm bench redaction`: how much of each kind of secret is found, how many clean lines suffer, and how long a line takes at worst.
import { join } from 'node:path';
import { redactSecrets } from '@levautofix/contract/redact';
import { workspaceRoot } from '../shop.js';
import { plantSecrets, readCleanLines, type PlantedSecret } from './redaction-corpus.js';

export interface RedactionFigures {
  seed: number;
  recall: { kind: string; found: number; planted: number; missed: string[] }[];
  clean: { lines: number; damaged: string[] };
  worstLine: { shape: string; ms: number };
  linesPerSecond: number;
}

export const help = `Usage: pnpm bench redaction

How much of each kind of secret is found, how many clean lines suffer, and how long a line takes at worst.
`;

const longLine = 200_000;
/** Shapes on which careless patterns take quadratic time or worse. */
const pumped: Record<string, string> = {
  'a…': 'a',
  'password= …': 'password=',
  '-----BEGIN …': '-----BEGIN RSA PRIVATE KEY-----',
  'a@ …': 'a@',
  'a.a.a …': 'a.',
  ':// …': 'a://a:',
  '1:1:1 …': '1:',
  '\\" …': '\\"',
  '%25 …': '%25',
  'eyJ …': 'eyJ',
  'cookie: …': 'cookie: a=b;',
  'digits …': '4111 1111 ',
  'Bearer …': 'Bearer ',
  'A-Za-z …': 'aB3/',
};

export function measure(seed: number): RedactionFigures {
  const fixtures = join(workspaceRoot, 'test/fixtures/redaction');
  const planted = plantSecrets(fixtures, seed, 20);
  const kinds = [...new Set(planted.map(({ kind }) => kind))];
  const recall = kinds.map((kind) => {
    const own = planted.filter((item) => item.kind === kind);
    const missed = own.filter((item) => leaks(item, redactSecrets(item.line, listed(item))));
    return {
      kind,
      found: own.length - missed.length,
      planted: own.length,
      missed: [...new Set(missed.map((item) => item.line))],
    };
  });
  const clean = readCleanLines(fixtures);
  const startedAt = performance.now();
  const damaged = clean.filter((line) => redactSecrets(line) !== line);
  const linesPerSecond = Math.round((clean.length / (performance.now() - startedAt)) * 1000);
  let worstLine = { shape: '', ms: 0 };
  for (const [shape, unit] of Object.entries(pumped)) {
    const line = unit.repeat(Math.ceil(longLine / unit.length));
    const lineStartedAt = performance.now();
    redactSecrets(line, ['a-known-value']);
    const ms = Math.round(performance.now() - lineStartedAt);
    if (ms > worstLine.ms) worstLine = { shape, ms };
  }
  return { seed, recall, clean: { lines: clean.length, damaged }, worstLine, linesPerSecond };
}

export function listed({ isListed, secret }: PlantedSecret): string[] {
  return isListed ? [secret] : [];
}

export function leaks({ pieces }: PlantedSecret, text: string): boolean {
  return pieces.some((piece) => text.includes(piece));
}

export function run(args: string[]): Promise<number> {
  const seedAt = args.indexOf('--seed');
  const figures = measure(seedAt === -1 ? 1 : Number(args[seedAt + 1]));
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else print(figures);
  const isGood =
    figures.clean.damaged.length === 0 && figures.recall.every(({ found, planted }) => found / planted >= 0.95);
  return Promise.resolve(isGood ? 0 : 1);
}

function print({ seed, recall, clean, worstLine, linesPerSecond }: RedactionFigures): void {
  const lines = recall.map(({ kind, found, planted, missed }) => {
    const percent = ((found / planted) * 100).toFixed(1).padStart(6);
    return `${kind.padEnd(24)}${percent} %  ${String(found).padStart(4)} of ${planted}${missed[0] === undefined ? '' : `   missed: ${missed[0]}`}`;
  });
  const total = recall.reduce((sum, { found }) => sum + found, 0);
  const all = recall.reduce((sum, { planted }) => sum + planted, 0);
  lines.push(
    '',
    `secrets found            ${((total / all) * 100).toFixed(2)} % of ${all} (seed ${seed})`,
    `clean lines damaged      ${clean.damaged.length} of ${clean.lines}`,
    ...clean.damaged.map((line) => `  ${line}\n  ${redactSecrets(line)}`),
    `worst line of ${longLine / 1000} kB     ${worstLine.ms} ms (${worstLine.shape})`,
    `speed                    ${linesPerSecond} clean lines/s`,
    '',
  );
  process.stdout.write(lines.join('\n'));
}
