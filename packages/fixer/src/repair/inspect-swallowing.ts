// Rules against errors that are hidden instead of handled. A fallback value, a rollback, an answer or another throw is handling.
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import { lostLogLines, lostThrows } from './inspect-lost-lines.js';
import { isAwaited, isNothing, judgeBareReturn, returnsValue } from './judge-bare-return.js';
import { isLogging } from './log-calls.js';
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

interface Swallowing extends Finding {
  note: string;
  isRefused: boolean;
}

export function inspectSwallowing(ts: Ts, texts: readonly ChangedText[]): { refusals: Flag[]; flags: Flag[] } {
  const sources = texts.filter(({ file, syntax }) => !isTestPath(file.path) && (syntax.before ?? syntax.after));
  const found = sources.flatMap(({ file, syntax }) => {
    const before = syntax.before ? findSwallowing(ts, syntax.before) : [];
    const after = syntax.after ? findSwallowing(ts, syntax.after) : [];
    return newFindings(before, after).map((finding) => ({ file: file.path, finding }));
  });
  const toFlag = ({ file, finding }: (typeof found)[number]): Flag => ({
    kind: 'swallowed_error',
    file,
    line: finding.line,
    note: finding.note,
  });
  return {
    refusals: [...found.filter(({ finding }) => finding.isRefused).map(toFlag), ...lostLogLines(ts, sources)],
    flags: [...found.filter(({ finding }) => !finding.isRefused).map(toFlag), ...lostThrows(ts, sources)],
  };
}

function findSwallowing(ts: Ts, source: SourceFile): Swallowing[] {
  const found: Swallowing[] = [];
  const add = (node: Node, key: Node, note: string, isRefused: boolean) =>
    found.push({ key: `${note} ${print(ts, key)}`, line: lineOf(node), note, isRefused });
  walk(ts, source, (node) => {
    if (ts.isCatchClause(node)) {
      const tried = node.parent.tryBlock;
      const how = judgeHandler(ts, node.block);
      if (how === 'hides') add(node, tried, 'catches an error and does nothing with it.', true);
      // A caller that waits for a value or an answer gets neither.
      else if (how === 'logs') add(node, tried, 'catches an error and only logs it.', isLeftWaiting(ts, node.parent));
    } else if (ts.isTryStatement(node) && node.finallyBlock && endsQuietly(ts, node.finallyBlock)) {
      add(node.finallyBlock, node, 'leaves a finally block early, which drops the error.', true);
    } else if (ts.isCallExpression(node)) {
      const handler = rejectionHandler(ts, node);
      if (handler && (isQuiet(ts, handler) || (isDropped(ts, node) && givesConstant(ts, handler))))
        add(node, node, 'swallows a rejection or an error event.', true);
    } else if (ts.isReturnStatement(node) && !node.expression) {
      const verdict = judgeBareReturn(ts, node);
      if (verdict)
        add(
          node,
          node.parent.kind === ts.SyntaxKind.Block ? node.parent.parent : node.parent,
          'returns early without a value, an answer or a word.',
          verdict === 'hides',
        );
    }
  });
  return found;
}

/** True when nothing comes after the statement in a function that owes a value or an answer. */
function isLeftWaiting(ts: Ts, statement: Node): boolean {
  const { parent } = statement;
  if (!ts.isBlock(parent) || parent.statements.at(-1) !== statement || !ts.isFunctionLike(parent.parent)) return false;
  return isAwaited(parent.parent) || returnsValue(ts, parent.parent);
}

/** What a catch block does with the error. */
function judgeHandler(ts: Ts, block: TypeScript.Block): 'hides' | 'logs' | 'handles' {
  const acting = block.statements.filter(
    (statement) => !ts.isEmptyStatement(statement) && !isBareReturn(ts, statement) && !isIdle(ts, statement),
  );
  if (acting.length === 0) return 'hides';
  return acting.every((statement) => isLogging(ts, statement)) ? 'logs' : 'handles';
}

function isBareReturn(ts: Ts, statement: Node): boolean {
  if (!ts.isReturnStatement(statement)) return false;
  return !statement.expression || isNothing(ts, statement.expression);
}

/** `void error;`, `!0;`, `if (false) throw 1;`: there to make a block look busy. */
function isIdle(ts: Ts, statement: Node): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.every(({ initializer }) => !initializer || !hasCall(ts, initializer));
  }
  if (ts.isBlock(statement)) return statement.statements.every((inner) => isIdle(ts, inner));
  if (ts.isEmptyStatement(statement)) return true;
  if (ts.isIfStatement(statement)) {
    const { expression, thenStatement, elseStatement } = statement;
    if (hasEffect(ts, expression)) return false;
    const isNever = isConstant(ts, expression) && !/^(?:true|[1-9])/.test(print(ts, expression));
    return (isNever || isIdle(ts, thenStatement)) && (!elseStatement || isIdle(ts, elseStatement));
  }
  return ts.isExpressionStatement(statement) && !hasEffect(ts, statement.expression);
}

function hasEffect(ts: Ts, node: Node): boolean {
  let found = hasCall(ts, node);
  walk(ts, node, (child) => {
    const isWrite =
      (ts.isBinaryExpression(child) &&
        child.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
        child.operatorToken.kind <= ts.SyntaxKind.LastAssignment) ||
      ts.isPostfixUnaryExpression(child) ||
      (ts.isPrefixUnaryExpression(child) && /^(?:\+\+|--)/.test(print(ts, child)));
    found ||=
      isWrite || ts.isYieldExpression(child) || ts.isDeleteExpression(child) || ts.isTaggedTemplateExpression(child);
  });
  return found;
}

function hasCall(ts: Ts, node: Node): boolean {
  let found = false;
  walk(
    ts,
    node,
    (child) => void (found ||= ts.isCallExpression(child) || ts.isNewExpression(child) || ts.isAwaitExpression(child)),
  );
  return found;
}

function endsQuietly(ts: Ts, block: TypeScript.Block): boolean {
  return block.statements.some(
    (statement) =>
      ts.isReturnStatement(statement) || ts.isBreakStatement(statement) || ts.isContinueStatement(statement),
  );
}

/** The function that gets the error, in `p.catch(f)`, `p.then(g, f)`, `x.on('error', f)` and `process.on('uncaughtException', f)`. */
function rejectionHandler(ts: Ts, call: TypeScript.CallExpression): Node | null {
  if (!ts.isPropertyAccessExpression(call.expression)) return null;
  const { name } = call.expression;
  const [first, second] = call.arguments;
  if (name.text === 'catch' && call.arguments.length <= 1) return first ?? call.expression;
  if (name.text === 'then') return second ?? null;
  const isListening = /^(?:on|once|addListener|addEventListener|prependListener)$/.test(name.text);
  return isListening &&
    first &&
    second &&
    ts.isStringLiteralLike(first) &&
    /^(?:error|uncaughtException|unhandledRejection|uncaughtExceptionMonitor|unhandledrejection)$/.test(first.text)
    ? second
    : null;
}

/** Nobody takes what comes of it: `p.catch(f);`, `await p.catch(f);`. */
function isDropped(ts: Ts, call: Node): boolean {
  let at = call.parent;
  while (at && (ts.isAwaitExpression(at) || ts.isVoidExpression(at) || ts.isParenthesizedExpression(at)))
    at = at.parent;
  return at !== undefined && ts.isExpressionStatement(at);
}

function givesConstant(ts: Ts, handler: Node): boolean {
  const body = functionOf(ts, handler)?.body;
  if (!body) return false;
  if (!ts.isBlock(body)) return isConstant(ts, body);
  const acting = body.statements.filter((statement) => !isIdle(ts, statement));
  const [only] = acting;
  return (
    acting.length === 1 &&
    only !== undefined &&
    ts.isReturnStatement(only) &&
    only.expression !== undefined &&
    isConstant(ts, only.expression)
  );
}

function isConstant(ts: Ts, node: Node): boolean {
  if (ts.isParenthesizedExpression(node)) return isConstant(ts, node.expression);
  return (
    ts.isLiteralExpression(node) || isNothing(ts, node) || /^(?:null|true|false|\[\]|\{ *\})$/.test(print(ts, node))
  );
}

/** A function where it is written, or where the name that stands for it is declared in this file. */
function functionOf(ts: Ts, node: Node): TypeScript.FunctionLikeDeclaration | null {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return node;
  if (!ts.isIdentifier(node)) return null;
  let declared: TypeScript.FunctionLikeDeclaration | null = null;
  walk(ts, node.getSourceFile(), (child) => {
    if (ts.isFunctionDeclaration(child) && child.name?.text === node.text) declared = child;
    if (
      ts.isVariableDeclaration(child) &&
      child.initializer &&
      print(ts, child.name) === node.text &&
      (ts.isArrowFunction(child.initializer) || ts.isFunctionExpression(child.initializer))
    )
      declared = child.initializer;
  });
  return declared;
}

function isQuiet(ts: Ts, handler: Node): boolean {
  const body = functionOf(ts, handler)?.body;
  if (body) {
    if (ts.isBlock(body)) return judgeHandler(ts, body) === 'hides';
    return isNothing(ts, ts.isParenthesizedExpression(body) ? body.expression : body);
  }
  const name = nameChain(ts, handler)?.join('.') ?? '';
  return (
    /^(?:noop|_\.noop|lodash\.noop|Function\.prototype|undefined|\w+\.catch)$/.test(name) ||
    (ts.isCallExpression(handler) && name === 'Function')
  );
}
