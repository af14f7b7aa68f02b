// Parses JavaScript and TypeScript for the diff policy: rules are about syntax, so that strings, comments and formatting cannot deceive them.
import type * as TypeScript from 'typescript';

export type Ts = typeof TypeScript;
export type Node = TypeScript.Node;
export type SourceFile = TypeScript.SourceFile;

let loaded: Promise<Ts> | undefined;

/** Loaded when the first diff is inspected: it is large. */
export function loadTypeScript(): Promise<Ts> {
  loaded ??= import('typescript').then((module) => module.default as Ts);
  return loaded;
}

const language = /\.([cm]?[jt]s|[jt]sx)$/;

/** Null for a file in another language. */
export function parseSource(ts: Ts, path: string, text: string): SourceFile | null {
  const ending = language.exec(path)?.[1];
  if (ending === undefined) return null;
  const kind = ending.endsWith('x') || ending === 'js' ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  // JavaScript may hold JSX, and an arrow function of TypeScript may look like it: each file gets the reading that fits its name.
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ending === 'js' ? ts.ScriptKind.JSX : kind);
}

export function walk(ts: Ts, node: Node, visit: (node: Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(ts, child, visit));
}

/** 1-based. */
export function lineOf(node: Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

const printed = new WeakMap<Node, string>();

/** The node in canonical formatting, without comments. */
export function print(ts: Ts, node: Node): string {
  let text = printed.get(node);
  if (text === undefined) {
    const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: true });
    text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()).trim();
    printed.set(node, text);
  }
  return text;
}

export interface Finding {
  /** What makes two findings the same one before and after. */
  key: string;
  line: number;
}

/** The findings after a change that were not there before, counting how often each was. */
export function newFindings<Kind extends Finding>(before: readonly Finding[], after: readonly Kind[]): Kind[] {
  const known = new Map<string, number>();
  for (const { key } of before) known.set(key, (known.get(key) ?? 0) + 1);
  return after.filter(({ key }) => {
    const left = known.get(key) ?? 0;
    known.set(key, left - 1);
    return left <= 0;
  });
}

/** `a.b?.c` as ['a', 'b', 'c']; calls in between are passed through. Null when it does not begin with a name. */
export function nameChain(ts: Ts, node: Node): string[] | null {
  if (ts.isIdentifier(node)) return [node.text];
  if (node.kind === ts.SyntaxKind.ThisKeyword) return ['this'];
  if (ts.isMetaProperty(node)) return ['import', 'meta'];
  if (ts.isPropertyAccessExpression(node)) return extend(nameChain(ts, node.expression), node.name.text);
  if (ts.isElementAccessExpression(node)) {
    const { argumentExpression: key } = node;
    return extend(nameChain(ts, node.expression), ts.isStringLiteralLike(key) ? key.text : '[]');
  }
  if (
    ts.isCallExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isAwaitExpression(node)
  )
    return nameChain(ts, node.expression);
  if (ts.isTaggedTemplateExpression(node)) return nameChain(ts, node.tag);
  return null;
}

function extend(chain: string[] | null, name: string): string[] | null {
  return chain && [...chain, name];
}
