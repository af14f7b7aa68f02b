// Recognises the calls that make up a test file, in the runners of JavaScript: tests, suites, hooks, and what is asserted.
import type * as TypeScript from 'typescript';
import { type Node, type Ts, nameChain } from './parse-source.js';

const [tests, suites, hooks] = [
  new Set(['test', 'it', 'specify', 'xit', 'xtest', 'fit', 'ftest']),
  new Set(['describe', 'suite', 'context', 'xdescribe', 'fdescribe', 'xsuite']),
  new Set(['before', 'after', 'beforeEach', 'afterEach', 'beforeAll', 'afterAll', 'setup', 'teardown']),
];

export interface TestCall {
  kind: 'test' | 'suite' | 'hook';
  /** `skip`, `only`, `todo` and the like, as a modifier, an option or a prefix of the name. */
  marks: string[];
}

/** Null for a call that is none of these. */
export function readTestCall(ts: Ts, node: Node): TestCall | null {
  if (!ts.isCallExpression(node)) return null;
  const chain = nameChain(ts, node.expression);
  if (!chain) return null;
  // `t.test(...)` of a subtest.
  const words =
    chain.length > 1 && tests.has(chain[1] ?? '') && !tests.has(chain[0] ?? '') && !suites.has(chain[0] ?? '')
      ? chain.slice(1)
      : chain;
  const root = words[0] ?? '';
  const kind = tests.has(root) ? 'test' : suites.has(root) ? 'suite' : hooks.has(root) ? 'hook' : null;
  if (
    kind === null ||
    (kind === 'test' && !node.arguments.some((argument) => isCallback(ts, argument)) && !isDeclaration(ts, node, words))
  )
    return null;
  const prefix = /^x/.test(root) ? ['skip'] : /^f(?:it|test|describe)$/.test(root) ? ['only'] : [];
  return { kind, marks: [...prefix, ...words.slice(1).filter((word) => isMark(word)), ...optionMarks(ts, node)] };
}

const markWords = new Set([
  'skip',
  'only',
  'todo',
  'failing',
  'fails',
  'skipIf',
  'runIf',
  'retry',
  'retries',
  'flaky',
  'expectFailure',
]);

function isMark(word: string): boolean {
  return markWords.has(word);
}

function isDeclaration(ts: Ts, node: TypeScript.CallExpression, words: string[]): boolean {
  return (
    words.some((word) => word === 'todo' || word === 'skip') ||
    (node.arguments.length > 0 && ts.isStringLiteralLike(node.arguments[0] as Node))
  );
}

function optionMarks(ts: Ts, node: TypeScript.CallExpression): string[] {
  return node.arguments.flatMap((argument) =>
    ts.isObjectLiteralExpression(argument)
      ? argument.properties.flatMap((property) => {
          const name =
            property.name && (ts.isIdentifier(property.name) || ts.isStringLiteralLike(property.name))
              ? property.name.text
              : '';
          const isOff = ts.isPropertyAssignment(property) && property.initializer.kind === ts.SyntaxKind.FalseKeyword;
          return isMark(name) && !isOff ? [name] : [];
        })
      : [],
  );
}

export function isCallback(ts: Ts, node: Node): node is TypeScript.ArrowFunction | TypeScript.FunctionExpression {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

/** What the nearest function around a node is for. */
export function surroundings(ts: Ts, node: Node): 'test' | 'suite' | 'hook' | 'file' | 'function' {
  for (let at = node.parent; at; at = at.parent) {
    if (isCallback(ts, at)) {
      const call = at.parent && readTestCall(ts, at.parent);
      return call ? call.kind : 'function';
    }
    if (ts.isFunctionLike(at)) return 'function';
  }
  return 'file';
}

/** `expect(a).toBe(b)`, `assert.equal(a, b)`, `assert(a)`, `t.is(a, b)`, `a.should.equal(b)`, `request(app).get('/').expect(200)`. */
export function isAssertion(ts: Ts, node: Node): boolean {
  const call = ts.isAwaitExpression(node) ? node.expression : node;
  if (!ts.isCallExpression(call)) return false;
  const chain = nameChain(ts, call.expression) ?? [];
  const [root = ''] = chain;
  return (
    /^(?:expect|assert\w*|should|chai|strictEqual|deepStrictEqual|equal|deepEqual|ok|throws|rejects|match|notEqual)$/.test(
      root,
    ) ||
    chain.slice(1).some((word) => /^(?:should|expect|assert)$/.test(word)) ||
    (chain.length === 2 &&
      root === 't' &&
      !/^(?:skip|todo|only|test|mock|runOnly|signal|diagnostic|after|before|plan)$/.test(chain[1] ?? ''))
  );
}
