// Rules against changing what every test stands on: assertions, the runtime's own objects, and hidden ways out of the process.
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import { readNames } from './canonical-names.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { type Finding, type Node, type SourceFile, type Ts, lineOf, nameChain, print, walk } from './parse-source.js';
import { isTestPath } from './test-files.js';

interface Tampering extends Finding {
  kind: string;
  note: string;
}

export function inspectRuntime(ts: Ts, text: ChangedText): Flag[] {
  const { path } = text.file;
  const found = newFindingsIn(text, (source) => findTampering(ts, source, isTestPath(path)));
  return found.map(({ kind, line, note }) => ({ kind, file: path, line, note }));
}

const assertionModule = /^(?:node:)?assert(?:\/strict)?$|^(?:chai|expect|should|@jest\/globals)$/;
const runnerModule = /^node:test(?:\/reporters)?$|^(?:vitest|mocha|ava|jest|@jest\/globals)(?:\/.*)?$/;
const exit = /^process\.(?:exit|reallyExit|abort|_exit)$/;
/** Settings, which are there to be written; a stack may become longer, not shorter. */
const settings = /^(?:process\.(?:env|exitCode|title)\b|Error\.stackTraceLimit$)/;
const loader = /^(?:require\.(?:cache|extensions)|[Mm]odule\.(?:_\w+|constructor|prototype|exports\.prototype))\b/;
const writers =
  /^(?:Object\.(?:assign|definePropert(?:y|ies)|setPrototypeOf)|Reflect\.(?:set|defineProperty|setPrototypeOf|deleteProperty))$/;
const memberMock = /(?:^|\.)(?:mock\.(?:method|getter|setter|property)|stub|replace|replaceProperty|spyOn)$/;

function findTampering(ts: Ts, source: SourceFile, isTest: boolean): Tampering[] {
  const found: Tampering[] = [];
  const add = (node: Node, kind: string, note: string) =>
    found.push({ key: `${kind} ${print(ts, node)}`, line: lineOf(node), kind, note });
  const assertions = boundTo(ts, source, assertionModule);
  const declared = declaredNames(ts, source);
  const names = readNames(ts, source);
  const isRuntime = (name: string) => !declared.has(name) && (Object.hasOwn(globalThis, name) || name === 'global');

  const judge = (node: Node, target: Node, member: string | null) => {
    // Of what a call gives, `Object.assign(structuredClone(a), b)`, nobody else has a hold.
    const chain = names.chainOf(target)?.split('.') ?? null;
    const [root = ''] = chain ?? [];
    if (chain === null) return;
    const whole = member === null ? chain : [...chain, member];
    if (!isTest && loader.test(whole.join('.')))
      add(node, 'runtime_replaced', `replaces what other files are given (${whole.join('.')}).`);
    else if (!isTest && isShortened(ts, node, whole.join('.')))
      add(node, 'runtime_replaced', 'shortens the stacks of errors.');
    else if (assertions.has(root))
      add(node, 'assertions_replaced', 'replaces assertions, so that tests no longer show anything.');
    else if (!isTest && isRuntime(root) && !settings.test(whole.join('.'))) {
      // `globalThis.cache = ...` keeps something of one's own there.
      const [, own = ''] = whole;
      const isOwn =
        /^global(?:This)?$/.test(root) && whole.length === 2 && own !== '*' && !Object.hasOwn(globalThis, own);
      if (!isOwn) add(node, 'runtime_replaced', `replaces a part of the runtime (${whole.join('.')}).`);
    }
  };

  walk(ts, source, (node) => {
    if (ts.isBinaryExpression(node) && isAssignment(ts, node.operatorToken.kind) && isMember(ts, node.left))
      judge(node, node.left, null);
    if (ts.isDeleteExpression(node) && isMember(ts, node.expression)) judge(node, node.expression, null);
    if (ts.isCallExpression(node)) {
      const name = nameChain(ts, node.expression)?.join('.') ?? '';
      const [target, key] = node.arguments;
      if (target && writers.test(name)) judge(node, target, key && ts.isStringLiteralLike(key) ? key.text : '*');
      if (/(?:^|\.)expect\.extend$|^expect\.extend$/.test(name) && target && replacesMatcher(ts, target))
        add(node, 'assertions_replaced', 'replaces a matcher, so that tests no longer show anything.');
      else if (target && memberMock.test(name) && assertions.has(nameChain(ts, target)?.[0] ?? ''))
        judge(node, target, '*');
    }
    if (isTest) return;
    const module = importedModule(ts, node);
    if (module !== null && runnerModule.test(module)) add(node, 'test_import', `uses the test runner (${module}).`);
    const isCallee =
      ts.isCallExpression(node.parent ?? node) && (node.parent as TypeScript.CallExpression).expression === node;
    if (isMember(ts, node) && !isCallee && !isMember(ts, node.parent) && exit.test(names.chainOf(node) ?? ''))
      add(node, 'process_exit', 'takes a way to end the process under another name.');
    if (
      ts.isElementAccessExpression(node) &&
      names.chainOf(node.expression) === 'process' &&
      !ts.isStringLiteralLike(node.argumentExpression)
    )
      add(node, 'process_exit', 'reaches into the process by a computed name.');
  });
  if (!isTest)
    for (const { node, chain } of names.bound)
      if (exit.test(chain)) add(node, 'process_exit', 'takes a way to end the process under another name.');
  return found;
}

function isAssignment(ts: Ts, kind: TypeScript.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isMember(ts: Ts, node: Node): boolean {
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
}

const matchers =
  /^to(?:Be|Equal|StrictEqual|BeCloseTo|BeDefined|BeFalsy|BeGreaterThan(?:OrEqual)?|BeInstanceOf|BeLessThan(?:OrEqual)?|BeNaN|BeNull|BeTruthy|BeUndefined|Contain(?:Equal)?|HaveBeen\w+|HaveLength|HaveProperty|HaveReturned\w*|Match(?:Object|Snapshot|InlineSnapshot)?|Throw\w*)$/;

function replacesMatcher(ts: Ts, given: Node): boolean {
  return (
    ts.isObjectLiteralExpression(given) &&
    given.properties.some(({ name }) => name !== undefined && matchers.test(print(ts, name)))
  );
}

/** `Error.stackTraceLimit = 0`. */
function isShortened(ts: Ts, node: Node, name: string): boolean {
  if (name !== 'Error.stackTraceLimit') return false;
  const value = ts.isBinaryExpression(node) && ts.isNumericLiteral(node.right) ? Number(node.right.text) : null;
  return value === null ? !/Infinity/.test(print(ts, node)) : value < 10;
}

function importedModule(ts: Ts, node: Node): string | null {
  const isCall = ts.isCallExpression(node) && /^(?:require|import)$/.test(print(ts, node.expression));
  const target = ts.isImportDeclaration(node) ? node.moduleSpecifier : isCall ? node.arguments[0] : undefined;
  return target && ts.isStringLiteralLike(target) ? target.text : null;
}

/** Names that a file binds to what a module exports. */
function boundTo(ts: Ts, source: SourceFile, module: RegExp): Set<string> {
  const names = new Set<string>();
  walk(ts, source, (node) => {
    if (ts.isImportDeclaration(node) && module.test(importedModule(ts, node) ?? '') && node.importClause)
      addNames(ts, node.importClause, names);
    if (ts.isVariableDeclaration(node) && node.initializer && isModule(ts, node.initializer, module))
      addNames(ts, node.name, names);
  });
  return names;
}

/** `require('x')`, `require('x').strict`, `(await import('x')).default`. */
function isModule(ts: Ts, node: Node, module: RegExp): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node))
    return isModule(ts, node.expression, module);
  return module.test(importedModule(ts, node) ?? '');
}

function declaredNames(ts: Ts, source: SourceFile): Set<string> {
  const names = new Set<string>();
  walk(ts, source, (node) => {
    if (ts.isImportClause(node)) addNames(ts, node, names);
    else if (ts.isVariableDeclaration(node) || ts.isParameter(node)) addNames(ts, node.name, names);
    else if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name) names.add(node.name.text);
  });
  return names;
}

function addNames(ts: Ts, node: Node, names: Set<string>): void {
  walk(ts, node, (child) => void (ts.isIdentifier(child) && names.add(child.text)));
}
