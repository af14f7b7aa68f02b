// Rules about existing tests: they may only grow. Deleting, skipping, loosening, emptying or editing one makes a red test green for the wrong reason.
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import { findGrowth } from './only-grows.js';
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
import { isAssertion, readTestCall, surroundings } from './test-calls.js';
import { isTestPath } from './test-files.js';

interface Result {
  refusals: Flag[];
  flags: Flag[];
}

const nothing: Result = { refusals: [], flags: [] };

export function inspectTests(ts: Ts, text: ChangedText): Result {
  const { file, before, after, syntax } = text;
  const oldPath = file.oldPath ?? file.path;
  const refuse = (kind: string, line: number | null, note: string): Result => ({
    refusals: [{ kind, file: file.path, line, note }],
    flags: [],
  });
  if (!isTestPath(oldPath))
    return syntax.after && isTestPath(file.path) ? inspectNewTests(ts, file.path, syntax.after) : nothing;
  if (file.kind === 'deleted') return refuse('test_deleted', null, 'is deleted; tests may only be added.');
  if (file.oldPath !== null && file.oldPath !== file.path) {
    return refuse('test_renamed', null, `was ${file.oldPath}; a renamed test may not be run any more.`);
  }
  if (file.kind === 'added') return syntax.after ? inspectNewTests(ts, file.path, syntax.after) : nothing;
  if (syntax.before && syntax.after) return inspectGrowth(ts, file.path, syntax.before, syntax.after);
  if (before === null || after === null)
    return file.isBinary ? refuse('test_changed', null, 'is changed test data.') : nothing;
  if (/\.json$/i.test(file.path) && isJsonGrowth(before, after)) return nothing;
  const gone = text.deletedLines.find((line) => line.text.trim() !== '');
  if (gone)
    return refuse(
      'test_changed',
      gone.number,
      'changes or removes lines of an existing test or its data; tests may only be added.',
    );
  const skipping = text.addedLines.find((line) =>
    /\b(?:skip|xfail|only|todo|Ignore|Disabled|t\.Skip)\b/.test(line.text),
  );
  return skipping ? refuse('test_skipped', skipping.number, 'skips a test.') : nothing;
}

function inspectNewTests(ts: Ts, path: string, source: SourceFile): Result {
  const marks = readMarks(ts, source);
  const only = marks.filter((mark) => mark.key === 'only');
  return {
    refusals: only.map(({ line }) => ({
      kind: 'test_skipped',
      file: path,
      line,
      note: 'uses .only, which skips all other tests.',
    })),
    flags: marks
      .filter((mark) => mark.key !== 'only')
      .map(({ key, line }) => ({
        kind: 'test_skipped',
        file: path,
        line,
        note: `adds a test with .${key}, which shows nothing.`,
      })),
  };
}

function inspectGrowth(ts: Ts, path: string, before: SourceFile, after: SourceFile): Result {
  const refusals: Flag[] = [];
  const refuse = (kind: string, line: number | null, note: string) => refusals.push({ kind, file: path, line, note });
  for (const { key, line } of newFindings(readMarks(ts, before), readMarks(ts, after))) {
    refuse('test_skipped', line, `marks a test with ${key}; existing tests stay as they are.`);
  }
  const added = findGrowth(ts, before, after, (owner) => mayGrow(ts, owner));
  if (added === null) refusals.push(describeLoss(ts, path, before, after));
  for (const node of added ?? []) {
    const why = neutralises(ts, node);
    if (why !== null) refuse('test_changed', lineOf(node), why);
  }
  const hook = (added ?? []).find((node) => readCall(ts, node)?.kind === 'hook');
  const flags: Flag[] = hook
    ? [
        {
          kind: 'test_hook',
          file: path,
          line: lineOf(hook),
          note: 'adds a hook, which runs around existing tests too.',
        },
      ]
    : [];
  return { refusals, flags };
}

/** Lists that may get more entries: statements, imported names, and rows of a table of cases, but not what an assertion compares with. */
function mayGrow(ts: Ts, owner: Node): boolean {
  if (ts.isSourceFile(owner) || ts.isBlock(owner) || ts.isNamedImports(owner) || ts.isObjectBindingPattern(owner))
    return true;
  if (!ts.isArrayLiteralExpression(owner)) return false;
  for (let at: Node = owner; at && !ts.isStatement(at); at = at.parent) if (isAssertion(ts, at)) return false;
  const around = surroundings(ts, owner);
  return around === 'file' || around === 'suite';
}

/** Why a statement that was added beside existing ones may change what these show; null when it cannot. */
function neutralises(ts: Ts, node: Node): string | null {
  if (!ts.isStatement(node)) return null;
  const around = surroundings(ts, node);
  if (around === 'function') return 'changes a function that existing tests use.';
  if (around === 'file' || around === 'suite') {
    // An import for its effects alone, and any call but that of a test, a suite or a hook.
    const isOrder =
      leavesEarly(ts, node) ||
      (ts.isImportDeclaration(node) && !node.importClause) ||
      (ts.isExpressionStatement(node) && readCall(ts, node) === null);
    return isOrder ? 'changes what existing tests run with.' : null;
  }
  if (ts.isVariableStatement(node)) return null;
  if (ts.isExpressionStatement(node) && (isAssertion(ts, node.expression) || readCall(ts, node)?.kind === 'test'))
    return null;
  return 'adds to an existing test what is no assertion; put it into a test of its own.';
}

/** `if (process.platform !== 'win32') return;` */
function leavesEarly(ts: Ts, node: Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return true;
  return ts.forEachChild(node, (child) => leavesEarly(ts, child) || undefined) ?? false;
}

function readCall(ts: Ts, node: Node) {
  if (!ts.isExpressionStatement(node)) return null;
  const { expression } = node;
  return readTestCall(ts, ts.isAwaitExpression(expression) ? expression.expression : expression);
}

/** Says what is gone, in the order of what a person would want to know. */
function describeLoss(ts: Ts, path: string, before: SourceFile, after: SourceFile): Flag {
  const names = (source: SourceFile) =>
    collect(ts, source, (node) =>
      ts.isCallExpression(node) && readTestCall(ts, node)?.kind === 'test'
        ? node.arguments[0]
          ? print(ts, node.arguments[0])
          : ''
        : null,
    );
  const assertions = (source: SourceFile) =>
    collect(ts, source, (node) => (isAssertion(ts, node) && !ts.isAwaitExpression(node) ? print(ts, node) : null));
  const [lostTest] = newFindings(names(after), names(before));
  if (lostTest)
    return {
      kind: 'test_deleted',
      file: path,
      line: lostTest.line,
      note: `the test ${lostTest.key} is gone or renamed.`,
    };
  const [lostAssertion] = newFindings(assertions(after), assertions(before));
  if (lostAssertion)
    return {
      kind: 'assertion_changed',
      file: path,
      line: lostAssertion.line,
      note: `the assertion ${lostAssertion.key.slice(0, 120)} is removed or changed.`,
    };
  return {
    kind: 'test_changed',
    file: path,
    line: null,
    note: 'an existing test or its set-up is edited; tests may only be added.',
  };
}

function readMarks(ts: Ts, source: SourceFile): Finding[] {
  const isCut =
    /^(?:t|this|ctx|context|test|jest|vi)\.(?:skip|todo|runOnly|retryTimes|setTimeout|retries|pending)$|^pending$/;
  return collectMany(ts, source, (node) => {
    const call = readTestCall(ts, node);
    if (call && call.marks.length > 0) return call.marks;
    const chain = ts.isCallExpression(node) ? nameChain(ts, node.expression)?.join('.') : undefined;
    return chain !== undefined && isCut.test(chain) && !call ? [chain] : [];
  });
}

function collect(ts: Ts, source: SourceFile, read: (node: Node) => string | null): Finding[] {
  return collectMany(ts, source, (node) => read(node) ?? []);
}

function collectMany(ts: Ts, source: SourceFile, read: (node: Node) => string | string[]): Finding[] {
  const found: Finding[] = [];
  walk(ts, source, (node) => {
    for (const key of [read(node)].flat()) found.push({ key, line: lineOf(node) });
  });
  return found;
}

/** Keys and rows may be added; what was there stays. */
function isJsonGrowth(before: string, after: string): boolean {
  try {
    return extendsJson(JSON.parse(before), JSON.parse(after));
  } catch {
    return false;
  }
}

function extendsJson(before: unknown, after: unknown): boolean {
  if (Array.isArray(before))
    return Array.isArray(after) && before.every((item, index) => extendsJson(item, after[index]));
  if (typeof before !== 'object' || before === null) return before === after;
  if (typeof after !== 'object' || after === null || Array.isArray(after)) return false;
  return Object.entries(before).every(([key, value]) => extendsJson(value, (after as Record<string, unknown>)[key]));
}
