// Decides whether one syntax tree is another with statements, list entries or imported names added, and nothing taken away or altered.
import type { NodeArray } from 'typescript';
import { type Node, type Ts, print } from './parse-source.js';

/**
 * The nodes that were added, or null when something else differs. `mayGrow` says of a list's owner whether entries may be added to it.
 */
export function findGrowth(ts: Ts, before: Node, after: Node, mayGrow: (owner: Node) => boolean): Node[] | null {
  if (before.kind !== after.kind) return null;
  if (print(ts, before) === print(ts, after)) return [];
  const [a, b] = [slotsOf(ts, before), slotsOf(ts, after)];
  if (a.length !== b.length || a.length === 0 || ownText(ts, before) !== ownText(ts, after)) return null;
  const added: Node[] = [];
  for (const [index, left] of a.entries()) {
    const right = b[index];
    const grown =
      Array.isArray(left) !== Array.isArray(right)
        ? null
        : Array.isArray(left)
          ? growList(ts, left, right as Node[], mayGrow(after), mayGrow)
          : findGrowth(ts, left, right as Node, mayGrow);
    if (grown === null) return null;
    added.push(...grown);
  }
  return added;
}

function growList(
  ts: Ts,
  before: Node[],
  after: Node[],
  isGrowing: boolean,
  mayGrow: (owner: Node) => boolean,
): Node[] | null {
  if (!isGrowing && before.length !== after.length) return null;
  const added: Node[] = [];
  let index = 0;
  for (const left of before) {
    let grown: Node[] | null = null;
    while (grown === null) {
      const right = after[index++];
      if (right === undefined) return null;
      grown = findGrowth(ts, left, right, mayGrow);
      if (grown === null) added.push(right);
    }
    added.push(...grown);
  }
  return [...added, ...after.slice(index)];
}

type Slot = Node | Node[];

/** Child nodes in order; a list of children is one slot. */
function slotsOf(ts: Ts, node: Node): Slot[] {
  const slots: Slot[] = [];
  ts.forEachChild(
    node,
    (child) => void slots.push(child),
    (children: NodeArray<Node>) => void slots.push([...children]),
  );
  return slots;
}

/** What a node says besides its children: an operator, or whether a declaration is `const`. */
function ownText(ts: Ts, node: Node): string {
  const operator = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node) ? node.operator : '';
  return `${operator}:${ts.isVariableDeclarationList(node) ? node.flags & ts.NodeFlags.BlockScoped : ''}`;
}
