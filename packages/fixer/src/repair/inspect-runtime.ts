// Rules against changing what every test stands on: assertions, the runtime's own objects, and hidden ways out of the process.
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import {
  type Finding,
  type Node,
  type SourceFile,
  type Ts,
  lineOf,
  nameChain,
  newFindings,
  print,
  walk,
} from './parse-source.js';
import { isTestPath } from './test-files.js';

interface Tampering extends Finding {
  kind: string;
  note: string;
}

export function inspectRuntime(ts: Ts, { file, syntax }: ChangedText): Flag[] {
  if (!syntax.after) return [];
  const isTest = isTestPath(file.path);
  const before = syntax.before ? findTampering(ts, syntax.before, isTest) : [];
  return newFindings(before, findTampering(ts, syntax.after, isTest)).map(({ kind, line, note }) => ({
    kind,
    file: file.path,
    line,
    note,
  }));
}

const assertionModule = /^(?:node:)?assert(?:\/strict)?$|^(?:chai|expect|should|@jest\/globals)$/;
const runnerModule = /^node:test(?:\/reporters)?$|^(?:vitest|mocha|ava|jest|@jest\/globals)(?:\/.*)?$/;
const processModule = /^(?:node:)?process$/;
const exits = /^(?:exit|reallyExit|abort|kill|_exit)$/;
/** Settings, which are there to be written. */
const settings = /^(?:process\.(?:env|exitCode|title)\b|Error\.stackTraceLimit$)/;
const writers =
  /^(?:Object\.(?:assign|definePropert(?:y|ies)|setPrototypeOf)|Reflect\.(?:set|defineProperty|setPrototypeOf|deleteProperty))$/;
const memberMock = /(?:^|\.)(?:mock\.(?:method|getter|setter|property)|stub|replace|replaceProperty|spyOn)$/;

function findTampering(ts: Ts, source: SourceFile, isTest: boolean): Tampering[] {
  const found: Tampering[] = [];
  const add = (node: Node, kind: string, note: string) =>
    found.push({ key: `${kind} ${print(ts, node)}`, line: lineOf(node), kind, note });
  const assertions = boundTo(ts, source, assertionModule);
  const declared = declaredNames(ts, source);
  const isRuntime = (name: string) => !declared.has(name) && (Object.hasOwn(globalThis, name) || name === 'global');

  const judge = (node: Node, target: Node, member: string | null) => {
    const chain = nameChain(ts, target);
    const [root = ''] = chain ?? [];
    if (chain === null) return;
    const whole = member === null ? chain : [...chain, member];
    if (assertions.has(root))
      add(node, 'assertions_replaced', 'replaces assertions, so that tests no longer show anything.');
    else if (!isTest && isRuntime(root) && !settings.test(whole.join('.'))) {
      // `globalThis.cache = ...` keeps something of one's own there.
      const isOwn = /^global(?:This)?$/.test(root) && whole.length === 2 && !Object.hasOwn(globalThis, whole[1] ?? '');
      if (whole.length > 1 && !isOwn)
        add(node, 'runtime_replaced', `replaces a part of the runtime (${whole.join('.')}).`);
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
      else if (target && memberMock.test(name) && assertions.has(nameChain(ts, target)?.[0] ?? ''))
        judge(node, target, '*');
    }
    if (isTest) return;
    const module = importedModule(ts, node);
    if (module !== null && runnerModule.test(module)) add(node, 'test_import', `uses the test runner (${module}).`);
    if (takesExit(ts, node)) add(node, 'process_exit', 'takes a way to end the process under another name.');
    if (
      ts.isElementAccessExpression(node) &&
      print(ts, node.expression) === 'process' &&
      !ts.isStringLiteralLike(node.argumentExpression)
    )
      add(node, 'process_exit', 'reaches into the process by a computed name.');
  });
  return found;
}

function isAssignment(ts: Ts, kind: TypeScript.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isMember(ts: Ts, node: Node): boolean {
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
}

/** `const { exit } = process`, `import { exit } from 'node:process'`. */
function takesExit(ts: Ts, node: Node): boolean {
  const names =
    ts.isVariableDeclaration(node) && node.initializer && ts.isObjectBindingPattern(node.name)
      ? /^(?:globalThis\.)?process$/.test(print(ts, node.initializer)) && node.name.elements
      : ts.isImportDeclaration(node) &&
        processModule.test(importedModule(ts, node) ?? '') &&
        node.importClause?.namedBindings &&
        ts.isNamedImports(node.importClause.namedBindings) &&
        node.importClause.namedBindings.elements;
  return (
    names !== false &&
    names !== undefined &&
    [...names].some(({ propertyName, name }) => exits.test(print(ts, propertyName ?? name)))
  );
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
