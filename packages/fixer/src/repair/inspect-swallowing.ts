// Rules against errors that are hidden instead of handled. A fallback value, a rollback, an answer or another throw is handling.
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import { foldText } from './canonical-names.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { lostLogLines, lostThrows } from './inspect-lost-lines.js';
import { isAwaited, isNothing, judgeBareReturn, returnsValue } from './judge-bare-return.js';
import { functionOf, isConstant, isIdle } from './idle-statements.js';
import { isLogging } from './log-calls.js';
import { type Finding, type Node, type SourceFile, type Ts, lineOf, nameChain, print, walk } from './parse-source.js';
import { isTestPath } from './test-files.js';

interface Swallowing extends Finding {
  note: string;
  isRefused: boolean;
}

export function inspectSwallowing(ts: Ts, texts: readonly ChangedText[]): { refusals: Flag[]; flags: Flag[] } {
  const sources = texts.filter(({ file, syntax }) => !isTestPath(file.path) && (syntax.before ?? syntax.after));
  const found = sources.flatMap((text) =>
    newFindingsIn(text, (source) => findSwallowing(ts, source)).map((finding) => ({ file: text.file.path, finding })),
  );
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
      const how = judgeHandler(ts, node.block, node.variableDeclaration?.name);
      if (how === 'hides') add(node, tried, 'catches an error and does nothing with it.', true);
      // A caller that waits for a value or an answer gets neither.
      else if (how === 'logs') add(node, tried, 'catches an error and only logs it.', isLeftWaiting(ts, node.parent));
    } else if (ts.isTryStatement(node) && node.finallyBlock && endsQuietly(ts, node.finallyBlock)) {
      add(node.finallyBlock, node, 'leaves a finally block early, which drops the error.', true);
    } else if (ts.isCallExpression(node)) {
      if (forgetsFailures(ts, node)) add(node, node, 'waits for promises and looks at none of their failures.', true);
      const handler = rejectionHandler(ts, node);
      if (
        handler &&
        !isHandedOn(ts, node) &&
        (isQuiet(ts, handler) || (isDropped(ts, node) && givesConstant(ts, handler)))
      )
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

/** What a catch block, or a handler of rejections, does with the error. */
function judgeHandler(ts: Ts, block: TypeScript.Block, variable?: Node): 'hides' | 'logs' | 'handles' {
  const caught = variable && ts.isIdentifier(variable) ? variable.text : null;
  const acting = block.statements.filter(
    (statement) =>
      !isBareReturn(ts, statement) && !isIdle(ts, statement, caught) && !isExceptional(ts, statement, caught),
  );
  const isSkipping = acting.every((statement) => ts.isContinueStatement(statement) || ts.isBreakStatement(statement));
  // On to the next one without a word, unless what is tried is a search that ends with the first that works.
  if (isSkipping && (acting.length === 0 || !isSearch(ts, block))) return 'hides';
  return acting.every((statement) => isLogging(ts, statement)) ? 'logs' : 'handles';
}

/** `try { return await read(path); } catch { continue; }`. */
function isSearch(ts: Ts, block: TypeScript.Block): boolean {
  if (!ts.isCatchClause(block.parent)) return false;
  return block.parent.parent.tryBlock.statements.some(
    (statement) => ts.isReturnStatement(statement) || ts.isBreakStatement(statement),
  );
}

/** `if (error instanceof TypeError) throw error;`: all others are let go. `if (!(error instanceof Expected)) throw error;` knows what it lets go. */
function isExceptional(ts: Ts, statement: Node, caught: string | null): boolean {
  if (caught === null || !ts.isIfStatement(statement) || statement.elseStatement) return false;
  const { expression, thenStatement } = statement;
  const only =
    ts.isBlock(thenStatement) && thenStatement.statements.length === 1 ? thenStatement.statements[0] : thenStatement;
  if (!only || !ts.isThrowStatement(only)) return false;
  const isPositive =
    ts.isBinaryExpression(expression) &&
    [ts.SyntaxKind.InstanceOfKeyword, ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.EqualsEqualsEqualsToken].includes(
      expression.operatorToken.kind,
    );
  return isPositive && nameChain(ts, expression.left)?.[0] === caught;
}

function isBareReturn(ts: Ts, statement: Node): boolean {
  if (!ts.isReturnStatement(statement)) return false;
  return !statement.expression || isNothing(ts, statement.expression);
}

function endsQuietly(ts: Ts, block: TypeScript.Block): boolean {
  return block.statements.some(
    (statement) =>
      ts.isReturnStatement(statement) || ts.isBreakStatement(statement) || ts.isContinueStatement(statement),
  );
}

/** The function that gets the error, in `p.catch(f)`, `p.then(g, f)`, `x.on('error', f)` and `process.on('uncaughtException', f)`. */
function rejectionHandler(ts: Ts, call: TypeScript.CallExpression): Node | null {
  const { expression } = call;
  const name = ts.isPropertyAccessExpression(expression)
    ? expression.name.text
    : ts.isElementAccessExpression(expression)
      ? foldText(ts, expression.argumentExpression)
      : null;
  if (name === null) return null;
  const [first, second] = call.arguments;
  if (name === 'catch' && call.arguments.length <= 1) return first ?? call.expression;
  if (name === 'then') return second ?? null;
  const isListening = /^(?:on|once|addListener|addEventListener|prependListener)$/.test(name);
  return isListening &&
    first &&
    second &&
    ts.isStringLiteralLike(first) &&
    /^(?:error|uncaughtException|unhandledRejection|uncaughtExceptionMonitor|unhandledrejection)$/.test(first.text)
    ? second
    : null;
}

const closing =
  /^(?:close|stop|shut|dispose|clean|tear|destroy|end$|abort|drain|quit|on(?:Close|Exit|Shutdown))|(?:Close|Stop|Shutdown)$/;

/** `await Promise.allSettled(...)` as a statement, except where something is closed and failing to close is no more to be helped. */
function forgetsFailures(ts: Ts, call: TypeScript.CallExpression): boolean {
  if (nameChain(ts, call.expression)?.join('.') !== 'Promise.allSettled' || !isDropped(ts, call)) return false;
  for (let at: Node = call; at.parent; at = at.parent) {
    if (ts.isTryStatement(at.parent) && at.parent.finallyBlock === at) return false;
    const name = ts.isFunctionLike(at) && 'name' in at && at.name ? print(ts, at.name) : '';
    if (closing.test(name)) return false;
  }
  return true;
}

/** `last = turn.catch(() => {}); return turn;`: whoever gets the promise itself gets the failure too. */
function isHandedOn(ts: Ts, call: TypeScript.CallExpression): boolean {
  const promise = ts.isPropertyAccessExpression(call.expression) ? call.expression.expression : null;
  if (!promise || !ts.isIdentifier(promise)) return false;
  let scope: Node = call;
  while (scope.parent && !ts.isFunctionLike(scope)) scope = scope.parent;
  let isReturned = false;
  walk(ts, scope, (node) => {
    if ((ts.isReturnStatement(node) || ts.isAwaitExpression(node)) && node.expression)
      isReturned ||= ts.isIdentifier(node.expression) && node.expression.text === promise.text;
  });
  return isReturned;
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

function isQuiet(ts: Ts, handler: Node): boolean {
  const called = functionOf(ts, handler);
  const body = called?.body;
  if (body) {
    if (!ts.isBlock(body)) {
      const value = ts.isParenthesizedExpression(body) ? body.expression : body;
      return isNothing(ts, value) || saysSuccess(ts, value);
    }
    const [only] = body.statements;
    if (body.statements.length === 1 && only && ts.isExpressionStatement(only) && saysSuccess(ts, only.expression))
      return true;
    return judgeHandler(ts, body, called.parameters[0]?.name) === 'hides';
  }
  const name = nameChain(ts, handler)?.join('.') ?? '';
  return (
    /^(?:noop|_\.noop|lodash\.noop|Function\.prototype|Boolean|Object|String|undefined|\w+\.catch)$/.test(name) ||
    (ts.isCallExpression(handler) && name === 'Function')
  );
}

/** `resolve()`, `done(null)`: the failure is told as a success. `resolve(null)` is an answer. */
function saysSuccess(ts: Ts, node: Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const [first] = node.arguments;
  const isNone = first === undefined || isNothing(ts, first);
  const name = print(ts, node.expression);
  if (name === 'resolve') return isNone;
  return /^(?:done|next|cb|callback)$/.test(name) && (isNone || first.kind === ts.SyntaxKind.NullKeyword);
}
