// Statements that only make a block look busy: whatever they do is gone when they have ended.
import type * as TypeScript from 'typescript';
import { isNothing } from './judge-bare-return.js';
import { nameChain, type Node, print, type Ts, walk } from './parse-source.js';

/** `void error;`, `!0;`, `if (false) throw 1;`: there to make a block look busy. */
export function isIdle(ts: Ts, statement: Node, caught: string | null = null): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.every(
      ({ initializer }) => !initializer || !hasEffect(ts, initializer, caught),
    );
  }
  if (ts.isBlock(statement)) return statement.statements.every((inner) => isIdle(ts, inner, caught));
  if (ts.isEmptyStatement(statement)) return true;
  if (ts.isIfStatement(statement)) {
    const { expression, thenStatement, elseStatement } = statement;
    if (hasEffect(ts, expression, caught)) return false;
    const isNever = isConstant(ts, expression) && !/^(?:true|[1-9])/.test(print(ts, expression));
    return (isNever || isIdle(ts, thenStatement, caught)) && (!elseStatement || isIdle(ts, elseStatement, caught));
  }
  return ts.isExpressionStatement(statement) && !hasEffect(ts, statement.expression, caught);
}

/** What is done to the caught error alone vanishes with it. */
function hasEffect(ts: Ts, node: Node, caught: string | null): boolean {
  let found = false;
  walk(ts, node, (child) => {
    const isWrite =
      (ts.isBinaryExpression(child) &&
        child.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
        child.operatorToken.kind <= ts.SyntaxKind.LastAssignment &&
        (caught === null || nameChain(ts, child.left)?.[0] !== caught)) ||
      ts.isPostfixUnaryExpression(child) ||
      (ts.isPrefixUnaryExpression(child) && /^(?:\+\+|--)/.test(print(ts, child)));
    found ||=
      isWrite ||
      ts.isAwaitExpression(child) ||
      ts.isYieldExpression(child) ||
      ts.isDeleteExpression(child) ||
      ts.isTaggedTemplateExpression(child) ||
      ((ts.isCallExpression(child) || ts.isNewExpression(child)) && !isFutile(ts, child));
  });
  return found;
}

const pureCalls =
  /^(?:Object(?:\.(?:keys|values|entries|freeze|is|hasOwn))?|String|Number|Boolean|BigInt|Symbol|Array(?:\.(?:of|from|isArray))?|Promise\.(?:resolve|all|allSettled)|JSON\.\w+|Math\.\w+|structuredClone|Error|TypeError|Date(?:\.now)?|Map|Set|WeakSet|WeakMap)$/;

/** A call whose value is all it gives: of the language, of an empty literal, or of a function of this file that does nothing. */
function isFutile(ts: Ts, call: TypeScript.CallExpression | TypeScript.NewExpression): boolean {
  const { expression } = call;
  if (pureCalls.test(nameChain(ts, expression)?.join('.') ?? '')) return true;
  // `[].push(error)`
  if (ts.isPropertyAccessExpression(expression) && /^(?:\[\]|''|"")$/.test(print(ts, expression.expression)))
    return true;
  const inner = ts.isParenthesizedExpression(expression) ? expression.expression : expression;
  const called = functionOf(ts, inner);
  return called?.body !== undefined && isEmpty(ts, called.body);
}

/** `{}`, `{ return; }`, `undefined`; not looked through further, as a function may call itself. */
function isEmpty(ts: Ts, body: Node): boolean {
  if (!ts.isBlock(body))
    return isNothing(ts, ts.isParenthesizedExpression(body) ? body.expression : body) || isName(ts, body);
  return body.statements.every(
    (statement) =>
      ts.isEmptyStatement(statement) ||
      (ts.isReturnStatement(statement) &&
        (!statement.expression || isConstant(ts, statement.expression) || isName(ts, statement.expression))),
  );
}

function isName(ts: Ts, node: Node): boolean {
  return ts.isIdentifier(node);
}

export function isConstant(ts: Ts, node: Node): boolean {
  if (ts.isParenthesizedExpression(node)) return isConstant(ts, node.expression);
  return (
    ts.isLiteralExpression(node) || isNothing(ts, node) || /^(?:null|true|false|\[\]|\{ *\})$/.test(print(ts, node))
  );
}

/** A function where it is written, or where the name that stands for it is declared in this file. */
export function functionOf(ts: Ts, node: Node): TypeScript.FunctionLikeDeclaration | null {
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
