// Rule about tests that replace what they are there to test: such a test passes whatever the change does.
import { posix } from 'node:path';
import type { Flag } from '@levautofix/contract/job-view';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { type Finding, type Node, type SourceFile, type Ts, lineOf, nameChain, print, walk } from './parse-source.js';
import { isTestPath } from './test-files.js';

/** `changed` are the source files that the change edits: the subjects of its tests. */
export function inspectMocks(ts: Ts, text: ChangedText, changed: readonly string[]): Flag[] {
  const { file, syntax } = text;
  if (!syntax.after || !isTestPath(file.path)) return [];
  const subjects = new Set(changed.filter((path) => !isTestPath(path)).map(withoutEnding));
  const stem = (path: string) => posix.basename(withoutEnding(path));
  if (/(?:^|\/)__mocks__\//.test(file.path) && [...subjects].some((subject) => stem(subject) === stem(file.path))) {
    return [
      {
        kind: 'mocked_subject',
        file: file.path,
        line: null,
        note: 'stands in for the very module that the change repairs.',
      },
    ];
  }
  return newFindingsIn(text, (source) => findMocks(ts, file.path, source, subjects)).map(({ line }) => ({
    kind: 'mocked_subject',
    file: file.path,
    line,
    note: 'replaces the very module that the change repairs.',
  }));
}

const moduleMock =
  /^(?:(?:vi|jest)\.(?:mock|doMock|unstable_mockModule|setMock|replaceProperty)|(?:mock|t\.mock|td|context\.mock)\.(?:module|replace|replaceEsm)|proxyquire(?:\.\w+)*|esmock(?:\.\w+)*|rewiremock(?:\.\w+)*|mockery\.registerMock|quibble(?:\.\w+)*)$/;
const memberMock =
  /^(?:(?:t\.|context\.)?mock\.(?:method|getter|setter|property)|sinon\.(?:stub|replace)|sandbox\.(?:stub|replace)|td\.replace|vi\.spyOn|jest\.spyOn|jest\.replaceProperty)$/;

function findMocks(ts: Ts, path: string, source: SourceFile, subjects: ReadonlySet<string>): Finding[] {
  const bindings = importedNames(ts, path, source, subjects);
  const asserted = assertedCalls(ts, source);
  const isAsserted = (chain: string[] | null, member: string | undefined) =>
    chain !== null && member !== undefined && asserted.has(member);
  const found: Finding[] = [];
  walk(ts, source, (node) => {
    if (ts.isCallExpression(node)) {
      const name = nameChain(ts, node.expression)?.join('.') ?? '';
      const [target] = node.arguments;
      const isModule =
        moduleMock.test(name) &&
        target !== undefined &&
        node.arguments.some((argument) => isSubject(ts, path, argument, subjects));
      const isMember =
        memberMock.test(name) &&
        target !== undefined &&
        (bindings.has(nameChain(ts, target)?.[0] ?? '') ||
          isAsserted(nameChain(ts, target), literalText(ts, node.arguments[1]))) &&
        (!/spyOn$/.test(name) || isReplaced(ts, node));
      if (isModule || isMember) found.push({ key: print(ts, node), line: lineOf(node) });
    }
    // orders.total = () => 0
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left)
    ) {
      const chain = nameChain(ts, node.left);
      const isOwn = chain?.includes('prototype') === true && isAsserted(chain, chain.at(-1));
      if (bindings.has(chain?.[0] ?? '') || isOwn) found.push({ key: print(ts, node), line: lineOf(node) });
    }
  });
  return found;
}

/** Names of the functions whose answers the assertions are about: `total` in `expect(order.total(basket)).toBe(5)`. */
function assertedCalls(ts: Ts, source: SourceFile): Set<string> {
  const names = new Set<string>();
  walk(ts, source, (node) => {
    if (!ts.isCallExpression(node) || !/^(?:expect|assert)$/.test(nameChain(ts, node.expression)?.[0] ?? '')) return;
    for (const argument of node.arguments) {
      const call = ts.isAwaitExpression(argument) ? argument.expression : argument;
      const called = ts.isCallExpression(call) ? call.expression : null;
      const name = called && ts.isPropertyAccessExpression(called) ? called.name.text : called && print(ts, called);
      if (name !== null) names.add(name);
    }
  });
  return names;
}

function literalText(ts: Ts, node: Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** Watching a function is fine, giving it another body is not. */
function isReplaced(ts: Ts, node: Node): boolean {
  for (let at = node.parent; at && (ts.isPropertyAccessExpression(at) || ts.isCallExpression(at)); at = at.parent) {
    if (ts.isPropertyAccessExpression(at) && /^mock(?:Implementation|Return|Resolved|Rejected)/.test(at.name.text))
      return true;
  }
  return false;
}

function importedNames(ts: Ts, path: string, source: SourceFile, subjects: ReadonlySet<string>): Set<string> {
  const names = new Set<string>();
  walk(ts, source, (node) => {
    if (ts.isImportDeclaration(node) && isSubject(ts, path, node.moduleSpecifier, subjects)) {
      const { importClause: clause } = node;
      if (clause?.name) names.add(clause.name.text);
      if (clause?.namedBindings)
        walk(ts, clause.namedBindings, (child) => void (ts.isIdentifier(child) && names.add(child.text)));
    }
    if (ts.isVariableDeclaration(node) && node.initializer) {
      const call = ts.isAwaitExpression(node.initializer) ? node.initializer.expression : node.initializer;
      const [argument] = ts.isCallExpression(call) ? call.arguments : [];
      if (argument && isSubject(ts, path, argument, subjects))
        walk(ts, node.name, (child) => void (ts.isIdentifier(child) && names.add(child.text)));
    }
  });
  return names;
}

function isSubject(ts: Ts, path: string, node: Node, subjects: ReadonlySet<string>): boolean {
  if (ts.isCallExpression(node)) return node.arguments.some((argument) => isSubject(ts, path, argument, subjects));
  if (ts.isNewExpression(node))
    return (node.arguments ?? []).some((argument) => isSubject(ts, path, argument, subjects));
  if (!ts.isStringLiteralLike(node)) return false;
  const target = withoutEnding(
    node.text.startsWith('.') ? posix.join(posix.dirname(path), node.text) : node.text.replace(/^(?:@\/|~\/|\/)/, ''),
  );
  return (
    subjects.has(target) ||
    subjects.has(`${target}/index`) ||
    (!node.text.startsWith('.') &&
      [...subjects].some((subject) => subject.endsWith(`/${target}`) && target.includes('/')))
  );
}

function withoutEnding(path: string): string {
  return path.replace(/\.(?:[cm]?[jt]s|[jt]sx)$/, '');
}
