// What is said near a node: the statement around it, and the texts in that, put together where they are in pieces.
import { foldText } from './canonical-names.js';
import { type Node, type Ts, walk } from './parse-source.js';

/** Words by which code could know that it is under test. */
export const testWord = /^(?:te|tes|test|tests|testing|ci)$|test|jest|vitest|mocha|spec/i;

/** The statement around a node; of a compound one only its head, so that a function is not judged by its whole body. */
export function statementOf(ts: Ts, node: Node): Node {
  let at = node;
  while (at.parent && !ts.isStatement(at.parent) && !ts.isSourceFile(at.parent)) {
    if (ts.isFunctionLike(at.parent)) return at;
    at = at.parent;
  }
  const isHead =
    at.parent &&
    (ts.isIfStatement(at.parent) ||
      ts.isIterationStatement(at.parent, false) ||
      ts.isSwitchStatement(at.parent) ||
      ts.isFunctionLike(at.parent) ||
      ts.isClassLike(at.parent));
  return isHead || !at.parent || ts.isSourceFile(at.parent) || ts.isBlock(at.parent) ? at : at.parent;
}

export function textsOf(ts: Ts, node: Node): string[] {
  const texts: string[] = [];
  walk(ts, node, (child) => {
    const text = ts.isRegularExpressionLiteral(child) ? child.text : foldText(ts, child);
    if (text !== null) texts.push(text);
  });
  return texts;
}
