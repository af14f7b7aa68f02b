// Rules against code that cannot be read for what it does: names in pieces, code out of texts and addresses, ways into the tests.
import type { Flag } from '@levautofix/contract/job-view';
import { foldText, isPieced } from './canonical-names.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { type Finding, type Node, type SourceFile, type Ts, lineOf, print, walk } from './parse-source.js';
import { isTestPath } from './test-files.js';

interface Disguise extends Finding {
  kind: string;
  note: string;
}

export function inspectDisguise(ts: Ts, text: ChangedText): Flag[] {
  const { path } = text.file;
  const found = newFindingsIn(text, (source) => findDisguise(ts, source, isTestPath(path)));
  return found.map(({ kind, line, note }) => ({ kind, file: path, line, note }));
}

function findDisguise(ts: Ts, source: SourceFile, isTest: boolean): Disguise[] {
  const found: Disguise[] = [];
  const add = (node: Node, kind: string, note: string) =>
    found.push({ key: `${kind} ${print(ts, node)}`, line: lineOf(node), kind, note });
  walk(ts, source, (node) => {
    const key = ts.isElementAccessExpression(node)
      ? node.argumentExpression
      : ts.isComputedPropertyName(node) && ts.isBindingElement(node.parent)
        ? node.expression
        : null;
    if (key && isPieced(ts, key)) add(node, 'hidden_name', 'puts a name together of pieces.');
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && isCompiler(ts, node.expression))
      add(node, 'code_from_text', 'runs code from a text.');
    const module = moduleText(ts, node);
    if (isTest && /^(?:node:)?vm$/.test(module ?? '')) add(node, 'code_from_text', 'runs code from a text (vm).');
    if (isTest) return;
    if (module !== null && /^(?:data|https?|blob):/.test(module))
      add(node, 'dependency', 'loads code from an address; a repair adds no dependency.');
    // An import of a test is told of as such elsewhere.
    if (module === null && ts.isStringLiteralLike(node) && !moduleText(ts, node.parent) && leadsIntoTests(node.text))
      add(node, 'test_sniffing', `reaches for the tests (${node.text.slice(0, 80)}).`);
  });
  return found;
}

/** `eval(...)`, `(0, eval)(...)`, `new Function(...)`, `(() => {}).constructor('...')`. */
function isCompiler(ts: Ts, callee: Node): boolean {
  if (ts.isParenthesizedExpression(callee)) return isCompiler(ts, callee.expression);
  if (ts.isBinaryExpression(callee) && callee.operatorToken.kind === ts.SyntaxKind.CommaToken)
    return isCompiler(ts, callee.right);
  return /^(?:globalThis\.|global\.)?(?:eval|Function)$|\.constructor\.constructor$|=> *\{ *\}\)?\.constructor$/.test(
    print(ts, callee),
  );
}

/** What an import, a re-export, `import()` or `require()` loads. */
export function moduleText(ts: Ts, node: Node): string | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return node.moduleSpecifier && ts.isStringLiteralLike(node.moduleSpecifier) ? node.moduleSpecifier.text : null;
  if (!ts.isCallExpression(node)) return null;
  const isLoading =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    /^(?:require|require\.resolve|module\.require)$/.test(print(ts, node.expression));
  return isLoading && node.arguments[0] ? foldText(ts, node.arguments[0]) : null;
}

/** `../test`, `./__tests__/a.js`, `test/orders.test.js`; not the route `/test`. */
function leadsIntoTests(text: string): boolean {
  return (
    /^\.{1,2}\/(?:.*\/)?(?:tests?|__tests__|specs?)(?:\/|$)/.test(text) ||
    /[\w)]\.(?:test|spec)\.[cm]?[jt]sx?$/.test(text)
  );
}
