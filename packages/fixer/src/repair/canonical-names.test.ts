// Names are read through aliases and pieces, and left alone where they are a caller's business.
import { expect, it } from 'vitest';
import { isPieced, readNames } from './canonical-names.js';
import { loadTypeScript, type Node, parseSource, walk } from './parse-source.js';

const ts = await loadTypeScript();

function lastChain(text: string): string | null {
  const source = parseSource(ts, 'src/a.ts', text)!;
  const statement = source.statements.at(-1)!;
  return readNames(ts, source).chainOf(ts.isExpressionStatement(statement) ? statement.expression : statement);
}

it.each([
  ['process.env.CI', 'process.env.CI'],
  ["globalThis['pro' + 'cess'][['ex', 'it'].join('')]", 'process.exit'],
  ["import { env as settings } from 'node:process';\nsettings['C' + `I`]", 'process.env.CI'],
  ["import * as own from 'process';\nown.argv", 'process.argv'],
  ['const { exit: leave } = process;\nleave', 'process.exit'],
  ["const { env: { ['NODE_' + 'ENV']: mode } } = process;\nmode", 'process.env.NODE_ENV'],
  ["const own = require('process');\nown.exit", 'process.exit'],
  ["Reflect.get(process, 'exit')", 'process.exit'],
  ['const use = (own = process) => own.pid;\nown.pid', 'process.pid'],
  ['(0, process.exit)', 'process.exit'],
  ['later();\nconst own = process;\nconst { env } = own;\nenv.CI', 'process.env.CI'],
  ['structuredClone(a).b', null],
  ['order.process.exit', 'order.process.exit'],
])('%s names %s', (text, chain) => expect(lastChain(text)).toBe(chain));

it.each([
  ["x['ex' + 'it']", true],
  ["x['tixe'.split('').reverse().join('')]", true],
  ["x[atob('ZXhpdA==')]", true],
  ['x[String.fromCharCode(101, 120)]', true],
  ["x['exit']", false],
  ['x[name]', false],
  ['x[`${zone}-${name}`.toLowerCase()]', false],
  ['x[0]', false],
])('the key of %s is in pieces: %s', (text, isInPieces) => {
  let key: Node | undefined;
  walk(ts, parseSource(ts, 'src/a.ts', text)!, (node) => {
    if (ts.isElementAccessExpression(node)) key = node.argumentExpression;
  });
  expect(isPieced(ts, key!)).toBe(isInPieces);
});
