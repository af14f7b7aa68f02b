// Recognises calls that write to a log.
import { type Node, nameChain, type Ts } from './parse-source.js';

const logger =
  /^(?:console|log|logger|logging|winston|pino|bunyan|this\.log|this\.logger|req\.log|request\.log|ctx\.log|fastify\.log|app\.log|server\.log|Sentry)(?:\.\w+)*$|\.(?:log|logger)\.\w+$/;

/** A statement that does nothing but log, on every path. */
export function isLogging(ts: Ts, statement: Node): boolean {
  if (ts.isBlock(statement)) return statement.statements.every((inner) => isLogging(ts, inner));
  if (ts.isIfStatement(statement)) {
    return (
      isLogging(ts, statement.thenStatement) && (!statement.elseStatement || isLogging(ts, statement.elseStatement))
    );
  }
  if (ts.isContinueStatement(statement) || ts.isBreakStatement(statement)) return true;
  return ts.isExpressionStatement(statement) && logName(ts, statement.expression) !== null;
}

/** `console.error`, `req.log.warn`; null for anything else. */
export function logName(ts: Ts, expression: Node): string | null {
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
  if (!ts.isCallExpression(call)) return null;
  const name = nameChain(ts, call.expression)?.join('.') ?? '';
  return logger.test(name) ? name : null;
}
