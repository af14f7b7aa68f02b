// Rules against errors that are hidden instead of handled. A fallback value, a rollback, an answer or another throw is handling.
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
      if (handler && isQuiet(ts, handler)) add(node, node, 'swallows a rejection or an error event.', true);
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

/** `undefined` or `void 0`. */
function isNothing(ts: Ts, node: Node): boolean {
  return (ts.isIdentifier(node) && node.text === 'undefined') || ts.isVoidExpression(node);
}

/** `void error;`, `error;`, `0;`: there to make a block look busy. */
function isIdle(ts: Ts, statement: Node): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.every(({ initializer }) => !initializer || !hasCall(ts, initializer));
  }
  if (ts.isBlock(statement))
    return statement.statements.every((inner) => isIdle(ts, inner) || ts.isEmptyStatement(inner));
  if (!ts.isExpressionStatement(statement)) return false;
  const { expression } = statement;
  return (
    ts.isIdentifier(expression) ||
    ts.isLiteralExpression(expression) ||
    (ts.isVoidExpression(expression) && !ts.isCallExpression(expression.expression))
  );
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

function isQuiet(ts: Ts, handler: Node): boolean {
  if (ts.isArrowFunction(handler) || ts.isFunctionExpression(handler)) {
    const { body } = handler;
    if (ts.isBlock(body)) return judgeHandler(ts, body) === 'hides';
    return (
      isNothing(ts, ts.isParenthesizedExpression(body) ? body.expression : body) ||
      (ts.isObjectLiteralExpression(body) && body.properties.length === 0 && false)
    );
  }
  const name = nameChain(ts, handler)?.join('.') ?? '';
  return (
    /^(?:noop|_\.noop|lodash\.noop|Function\.prototype|undefined|\w+\.catch)$/.test(name) ||
    (ts.isCallExpression(handler) && name === 'Function')
  );
}

/**
 * A guard that only returns. It hides an error where the caller waits for a value or an answer, or where the missing thing was handed in;
 * a switch that is off is a fair reason to do nothing, which a person is shown.
 */
function judgeBareReturn(ts: Ts, node: TypeScript.ReturnStatement): 'hides' | 'shown' | null {
  const branch = ts.isBlock(node.parent) ? node.parent : node;
  const guard = branch.parent;
  if (!ts.isIfStatement(guard) || (ts.isBlock(branch) && branch.statements.length > 1)) return null;
  let scope: Node = guard;
  while (scope.parent && !ts.isFunctionLike(scope)) scope = scope.parent;
  if (!ts.isFunctionLike(scope)) return null;
  if (isAwaited(scope) || returnsValue(ts, scope)) return 'hides';
  const data = new Set([...parameterNames(ts, scope), ...localNames(ts, scope)]);
  return guard.thenStatement === branch && isAbsenceTest(ts, guard.expression, data) ? 'hides' : 'shown';
}

function parameterNames(ts: Ts, scope: TypeScript.SignatureDeclaration): string[] {
  return scope.parameters.flatMap((parameter) => namesIn(ts, parameter.name));
}

/** By what it is handed: a response, a context or a callback that somebody waits on. */
function isAwaited(scope: TypeScript.SignatureDeclaration): boolean {
  return scope.parameters.some(({ name }) =>
    /^(?:res|response|reply|next|ctx|context|callback|cb|done|resolve|reject)$/.test(name.getText()),
  );
}

function returnsValue(ts: Ts, scope: Node): boolean {
  let found = false;
  const visit = (node: Node): void => {
    if (ts.isReturnStatement(node) && node.expression && !isNothing(ts, node.expression)) found = true;
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(scope, visit);
  return found;
}

/** `!order`, `order == null`, `!order?.coupon`, `typeof x === 'undefined'`: the data is not as the rest of the function needs it. */
function isAbsenceTest(ts: Ts, condition: Node, data: ReadonlySet<string>): boolean {
  if (ts.isParenthesizedExpression(condition)) return isAbsenceTest(ts, condition.expression, data);
  if (ts.isPrefixUnaryExpression(condition)) return data.has(nameChain(ts, unwrap(ts, condition.operand))?.[0] ?? '');
  if (!ts.isBinaryExpression(condition)) return false;
  const { left, right, operatorToken } = condition;
  if (operatorToken.kind === ts.SyntaxKind.BarBarToken || operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken)
    return isAbsenceTest(ts, left, data) || isAbsenceTest(ts, right, data);
  const isNullish = [left, right].some(
    (side) =>
      side.kind === ts.SyntaxKind.NullKeyword ||
      isNothing(ts, side) ||
      (ts.isStringLiteralLike(side) && side.text === 'undefined'),
  );
  const isEqual =
    operatorToken.kind === ts.SyntaxKind.EqualsEqualsToken ||
    operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken;
  const subject = ts.isTypeOfExpression(left) ? left.expression : left;
  return isNullish && isEqual && data.has(nameChain(ts, subject)?.[0] ?? '');
}

/** What is looked at in `Array.isArray(x)` or `Number.isFinite(x)`. */
function unwrap(ts: Ts, node: Node): Node {
  const inner = ts.isParenthesizedExpression(node) ? node.expression : node;
  return ts.isCallExpression(inner) && inner.arguments[0] ? inner.arguments[0] : inner;
}

function namesIn(ts: Ts, name: Node): string[] {
  const names: string[] = [];
  walk(ts, name, (node) => void (ts.isIdentifier(node) && names.push(node.text)));
  return names;
}

function localNames(ts: Ts, scope: Node): string[] {
  const names: string[] = [];
  walk(ts, scope, (node) => void (ts.isVariableDeclaration(node) && names.push(...namesIn(ts, node.name))));
  return names;
}

const loud = /(?:^|\.)(?:error|warn|warning|fatal|critical|alert|emerg|exception|captureException)$/;
const logger =
  /^(?:console|log|logger|logging|winston|pino|bunyan|this\.log|this\.logger|req\.log|request\.log|ctx\.log|fastify\.log|app\.log|server\.log|Sentry)(?:\.\w+)*$|\.(?:log|logger)\.\w+$/;

function isLogging(ts: Ts, statement: Node): boolean {
  if (ts.isBlock(statement)) return statement.statements.every((inner) => isLogging(ts, inner));
  if (ts.isIfStatement(statement)) {
    return (
      isLogging(ts, statement.thenStatement) && (!statement.elseStatement || isLogging(ts, statement.elseStatement))
    );
  }
  if (ts.isContinueStatement(statement) || ts.isBreakStatement(statement)) return true;
  return ts.isExpressionStatement(statement) && logName(ts, statement.expression) !== null;
}

function logName(ts: Ts, expression: Node): string | null {
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
  if (!ts.isCallExpression(call)) return null;
  const name = nameChain(ts, call.expression)?.join('.') ?? '';
  return logger.test(name) ? name : null;
}

/** Over all files together, so that a line may move. */
function lostLogLines(ts: Ts, sources: readonly ChangedText[]): Flag[] {
  const read = (side: 'before' | 'after') =>
    sources.flatMap(({ file, syntax }) => {
      const lines: (Finding & { file: string; isLoud: boolean })[] = [];
      const source = syntax[side];
      if (source)
        walk(ts, source, (node) => {
          const name = ts.isCallExpression(node) ? logName(ts, node) : null;
          if (name !== null)
            lines.push({ key: print(ts, node), line: lineOf(node), file: file.path, isLoud: loud.test(name) });
        });
      return lines;
    });
  const [before, after] = [read('before'), read('after')];
  const lost = newFindings(after, before);
  const count = (lines: { isLoud: boolean }[]) => lines.filter(({ isLoud }) => isLoud).length;
  const isLouder = count(after) < count(before);
  const [first] = isLouder ? lost.filter(({ isLoud }) => isLoud) : lost;
  if (!first || !(after.length < before.length || isLouder)) return [];
  return [
    {
      kind: 'deleted_log',
      file: first.file,
      line: first.line,
      note: `deletes the log line ${first.key.slice(0, 100)}.`,
    },
  ];
}

function lostThrows(ts: Ts, sources: readonly ChangedText[]): Flag[] {
  const read = (side: 'before' | 'after') =>
    sources.flatMap(({ file, syntax }) => {
      const found: (Finding & { file: string })[] = [];
      const add = (node: Node) =>
        ts.isThrowStatement(node) && found.push({ key: print(ts, node), line: lineOf(node), file: file.path });
      const source = syntax[side];
      if (source) walk(ts, source, (node) => void add(node));
      return found;
    });
  const [before, after] = [read('before'), read('after')];
  const [first] = after.length < before.length ? newFindings(after, before) : [];
  return first
    ? [{ kind: 'deleted_throw', file: first.file, line: first.line, note: `no longer does: ${first.key}` }]
    : [];
}
