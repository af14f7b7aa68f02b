// Judges guards that return without a value: whether somebody is left waiting for what never comes.
import type * as TypeScript from 'typescript';
import { isLogging } from './log-calls.js';
import { nameChain, type Node, type Ts, walk } from './parse-source.js';

/**
 * A guard that only returns. It hides an error where the caller waits for a value or an answer, or where the missing thing was handed in;
 * a switch that is off is a fair reason to do nothing, which a person is shown.
 */
export function judgeBareReturn(ts: Ts, node: TypeScript.ReturnStatement): 'hides' | 'shown' | null {
  const branch = ts.isBlock(node.parent) ? node.parent : node;
  const guard = branch.parent;
  // A word in the log is no answer to a caller.
  const isSilent = !ts.isBlock(branch) || branch.statements.length === 1;
  const isLoggedOnly = ts.isBlock(branch) && branch.statements.slice(0, -1).every((other) => isLogging(ts, other));
  if (!ts.isIfStatement(guard) || !(isSilent || isLoggedOnly)) return null;
  let scope: Node = guard;
  while (scope.parent && !ts.isFunctionLike(scope)) scope = scope.parent;
  if (!ts.isFunctionLike(scope)) return null;
  if (returnsValue(ts, scope)) return 'hides';
  if (!isSilent) return isAwaited(scope) && !isDoneAlready(ts, guard.expression) ? 'hides' : null;
  if (isAwaited(scope))
    return guard.thenStatement === branch && isDoneAlready(ts, guard.expression) ? 'shown' : 'hides';
  const data = new Set([...parameterNames(ts, scope), ...localNames(ts, scope)]);
  return guard.thenStatement === branch && isAbsenceTest(ts, guard.expression, data) ? 'hides' : 'shown';
}

const doneNames =
  /^(?:headersSent|writable(?:Ended|Finished)|finished|destroyed|closed|ended|settled|done|called|answered|responded|aborted|stopped)$/;

/** `res.headersSent`, `settled`: the answer was given before. */
function isDoneAlready(ts: Ts, condition: Node): boolean {
  const chain =
    ts.isIdentifier(condition) || ts.isPropertyAccessExpression(condition) ? nameChain(ts, condition) : null;
  return doneNames.test(chain?.at(-1) ?? '');
}

function parameterNames(ts: Ts, scope: TypeScript.SignatureDeclaration): string[] {
  return scope.parameters.flatMap((parameter) => namesIn(ts, parameter.name));
}

/** By what it is handed: a response, a context or a callback that somebody waits on. */
export function isAwaited(scope: TypeScript.SignatureDeclaration): boolean {
  return scope.parameters.some(({ name }) =>
    /^(?:res|response|reply|next|ctx|context|callback|cb|done|resolve|reject)$/.test(name.getText()),
  );
}

export function returnsValue(ts: Ts, scope: Node): boolean {
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

/** `undefined` or `void 0`. */
export function isNothing(ts: Ts, node: Node): boolean {
  return (ts.isIdentifier(node) && node.text === 'undefined') || ts.isVoidExpression(node);
}
