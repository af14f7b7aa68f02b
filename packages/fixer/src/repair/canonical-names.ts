// What an expression really names: aliases of the process and other globals are followed, names in pieces put together.
import type * as TypeScript from 'typescript';
import { type Node, type SourceFile, type Ts, walk } from './parse-source.js';

export interface Names {
  /** `process.env.CI` for `own.env['C' + 'I']` after `const own = globalThis.process`; null for what does not begin with a name. */
  chainOf(node: Node): string | null;
  /** Each name that is bound to a part of a global, and to which: `process.exit` for `const { exit: leave } = process`. */
  bound: readonly { node: Node; chain: string }[];
}

type Chain = readonly string[];

export function readNames(ts: Ts, source: SourceFile): Names {
  const aliases = new Map<string, Chain>();
  const bound: { node: Node; chain: string }[] = [];
  const roots = /^(?:process|globalThis|global|Reflect|module|require|Error|console)$/;

  const chainOf = (node: Node): Chain | null => {
    if (ts.isIdentifier(node)) return aliases.get(node.text) ?? [node.text];
    if (node.kind === ts.SyntaxKind.ThisKeyword) return ['this'];
    if (ts.isMetaProperty(node)) return ['import', 'meta'];
    if (ts.isPropertyAccessExpression(node)) return member(chainOf(node.expression), node.name.text);
    if (ts.isElementAccessExpression(node))
      return member(chainOf(node.expression), foldText(ts, node.argumentExpression) ?? '[]');
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken) return chainOf(node.right);
    if (ts.isCallExpression(node)) return chainOfCall(node);
    if (
      ts.isParenthesizedExpression(node) ||
      ts.isNonNullExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isSatisfiesExpression(node) ||
      ts.isAwaitExpression(node)
    )
      return chainOf(node.expression);
    return null;
  };
  /** `require('process')`, `Reflect.get(process, 'exit')`; no other call stands for what it is called on. */
  const chainOfCall = ({ expression, arguments: given }: TypeScript.CallExpression): Chain | null => {
    const [first, second] = given;
    const isImport = expression.kind === ts.SyntaxKind.ImportKeyword;
    if ((isImport || (ts.isIdentifier(expression) && expression.text === 'require')) && first)
      return isProcess(foldText(ts, first)) ? ['process'] : null;
    const callee = chainOf(expression)?.join('.');
    if (callee === 'Reflect.get' && first && second) return member(chainOf(first), foldText(ts, second) ?? '[]');
    return null;
  };

  const bind = (name: Node, chain: Chain | null) => {
    if (chain === null || !roots.test(chain[0] ?? '')) return;
    if (ts.isIdentifier(name)) {
      if (chain.length > 1 || chain[0] !== name.text) aliases.set(name.text, chain);
      bound.push({ node: name, chain: chain.join('.') });
    }
    if (!ts.isObjectBindingPattern(name)) return;
    for (const element of name.elements) {
      const key = element.propertyName ?? element.name;
      const text = ts.isComputedPropertyName(key) ? (foldText(ts, key.expression) ?? '[]') : keyText(ts, key);
      bind(element.name, text === null || element.dotDotDotToken ? chain : member(chain, text));
    }
  };

  const read = () =>
    walk(ts, source, (node) => {
      if (ts.isImportDeclaration(node) && isProcess(foldText(ts, node.moduleSpecifier))) {
        const { importClause: clause } = node;
        if (clause?.name) bind(clause.name, ['process']);
        const named = clause?.namedBindings;
        if (named && ts.isNamespaceImport(named)) bind(named.name, ['process']);
        if (named && ts.isNamedImports(named))
          for (const { name, propertyName } of named.elements)
            bind(
              name,
              (propertyName ?? name).text === 'default' ? ['process'] : ['process', (propertyName ?? name).text],
            );
      }
      if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && node.initializer)
        bind(node.name, chainOf(node.initializer));
    });
  read();
  // An alias may be declared after the function that uses it, and be one of another alias.
  bound.length = 0;
  read();
  return { chainOf: (node) => chainOf(node)?.join('.') ?? null, bound };
}

function member(chain: Chain | null, name: string): Chain | null {
  if (chain === null) return null;
  const isWhole = chain.length === 1 && /^(?:globalThis|global)$/.test(chain[0] ?? '');
  return isWhole && name !== '[]' ? [name] : [...chain, name];
}

function isProcess(module: string | null): boolean {
  return module === 'process' || module === 'node:process';
}

function keyText(ts: Ts, node: Node): string | null {
  return ts.isIdentifier(node) || ts.isStringLiteralLike(node) ? node.text : null;
}

/** The text that an expression of texts alone comes to: `'a' + 'b'`, `['a', 'b'].join('')`; null for anything else. */
export function foldText(ts: Ts, node: Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return foldText(ts, node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return concat([foldText(ts, node.left), foldText(ts, node.right)]);
  if (ts.isTemplateExpression(node))
    return concat([
      node.head.text,
      ...node.templateSpans.flatMap((span) => [foldText(ts, span.expression), span.literal.text]),
    ]);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression: callee, arguments: given } = node;
    if (callee.name.text === 'concat') return concat([callee.expression, ...given].map((piece) => foldText(ts, piece)));
    if (callee.name.text === 'join' && ts.isArrayLiteralExpression(callee.expression)) {
      const pieces = callee.expression.elements.map((piece) => foldText(ts, piece));
      const between = given[0] ? foldText(ts, given[0]) : ',';
      return pieces.includes(null) || between === null ? null : pieces.join(between);
    }
  }
  return null;
}

function concat(pieces: readonly (string | null)[]): string | null {
  return pieces.includes(null) ? null : pieces.join('');
}

/** A key that is put together of pieces which are all known: nobody writes a name so, but to keep it from being read. */
export function isPieced(ts: Ts, key: Node): boolean {
  if (ts.isStringLiteralLike(key) || ts.isNumericLiteral(key)) return false;
  if (foldText(ts, key) !== null) return true;
  let [isCalling, isOfTexts, isOfNames] = [false, false, false];
  walk(ts, key, (node) => {
    if (ts.isCallExpression(node)) isCalling = true;
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) isOfTexts = true;
    if (
      ts.isIdentifier(node) &&
      !isMemberName(ts, node) &&
      !/^(?:String|Buffer|Array|atob|Number|Math)$/.test(node.text)
    )
      isOfNames = true;
  });
  return isCalling && isOfTexts && !isOfNames;
}

function isMemberName(ts: Ts, node: Node): boolean {
  return ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
}
