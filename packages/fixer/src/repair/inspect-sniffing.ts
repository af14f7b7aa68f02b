// Rules against code that behaves differently while it is tested, ends a run early, or keeps itself out of the measurements.
import { posix } from 'node:path';
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import { foldText, type Names, readNames } from './canonical-names.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { type Finding, type Node, type SourceFile, type Ts, lineOf, nameChain, print, walk } from './parse-source.js';
import { statementOf, testWord, textsOf } from './statement-texts.js';
import { isTestPath } from './test-files.js';

interface Sniffing extends Finding {
  kind: string;
  note: string;
  isRefused: boolean;
}

export function inspectSniffing(ts: Ts, text: ChangedText): { refusals: Flag[]; flags: Flag[] } {
  const { file, syntax, addedLines } = text;
  if (!syntax.after) return { refusals: [], flags: [] };
  const found = newFindingsIn(text, (source) => findSniffing(ts, source, isTestPath(file.path)));
  const toFlag = ({ kind, line, note }: Sniffing): Flag => ({ kind, file: file.path, line, note });
  const hiding = addedLines.flatMap(({ number, text }): Flag[] => {
    if (/(?:c8|v8|istanbul|node:coverage|coverage)\s+(?:ignore|disable)|pragma:\s*no cover/i.test(text)) {
      return [{ kind: 'runner_config', file: file.path, line: number, note: 'keeps code out of the coverage.' }];
    }
    return [];
  });
  const silencing = addedLines.flatMap(({ number, text }): Flag[] =>
    /@ts-(?:ignore|nocheck|expect-error)|eslint-disable|biome-ignore/.test(text)
      ? [{ kind: 'silenced_check', file: file.path, line: number, note: 'silences a check of the code.' }]
      : [],
  );
  return {
    refusals: [...found.filter(({ isRefused }) => isRefused).map(toFlag), ...hiding],
    flags: [...found.filter(({ isRefused }) => !isRefused).map(toFlag), ...silencing],
  };
}

const runnerNames =
  /^(?:VITEST(?:_\w+)?|JEST_WORKER_ID|NODE_TEST_CONTEXT|NODE_TEST_WORKER_ID|MOCHA_\w+|AVA_\w+|TAP(?:_\w+)?|CYPRESS(?:_\w+)?|PLAYWRIGHT_\w+|npm_lifecycle_(?:event|script)|CI|GITHUB_ACTIONS|LEVAUTOFIX_\w+)$/;
/** Names of nothing else in the world. */
const unmistakable =
  /^(?:VITEST(?:_\w+)?|JEST_WORKER_ID|NODE_TEST_(?:CONTEXT|WORKER_ID)|npm_lifecycle_\w+|__vitest_\w+__)$/;
/** Where a program can see how it was started and from where. */
const whereabouts =
  /^(?:process\.(?:argv|argv0|execArgv|title|ppid|cwd|mainModule)|require\.main|module\.(?:parent|children|paths)|import\.meta\.(?:url|filename|dirname|main)|__filename|__dirname)$/;
const modeNames = /^(?:NODE_ENV|APP_ENV|ENV|ENVIRONMENT|BABEL_ENV|RAILS_ENV)$/;
/** Names by which a test and its subject may agree on something behind the reader's back. */
const ownNames = /^_*(?:is_?|in_?|under_?)?tests?(?:ing)?(?:_?(?:mode|env|run|only))?_*$/i;
const runnerGlobals = /^(?:jest|vi|vitest|mocha|describe|it|test|expect|suite|cy)$/;

function findSniffing(ts: Ts, source: SourceFile, isTest: boolean): Sniffing[] {
  const found: Sniffing[] = [];
  const add = (node: Node, kind: string, note: string, isRefused = true) =>
    found.push({ key: `${kind} ${print(ts, statementOf(ts, node))}`, line: lineOf(node), kind, note, isRefused });
  const literals = textsOf(ts, source);
  const names = readNames(ts, source);
  const isShared = (node: Node) => mentionsShared(ts, statementOf(ts, node), names);
  walk(ts, source, (node) => {
    if (ts.isCallExpression(node)) {
      const name = calleeOf(ts, node, names);
      if (
        /^process\.(?:exit|reallyExit|abort|kill|_exit)$/.test(name) ||
        (/\.exit$/.test(name) && /^(?:proc|_process)\b/.test(name))
      ) {
        const code = node.arguments[0];
        const isOther =
          /kill$/.test(name) && code !== undefined && !isOwnProcess(names.chainOf(code), foldNumber(ts, code));
        // With another name for it, nobody says with which code it ends.
        const isPlain = /^(?:globalThis\.)?process\.exit$/.test(print(ts, node.expression));
        const isFailing =
          isOther || (isPlain && code !== undefined && !(ts.isNumericLiteral(code) && code.text === '0'));
        add(
          node,
          'process_exit',
          isOther
            ? 'ends another process.'
            : isFailing && !isTest
              ? 'ends the process.'
              : 'ends the process and with it the test run.',
          !isFailing || (isTest && !isOther),
        );
      }
      if (
        !isTest &&
        /^process\.(?:on|once|addListener|prependListener)$/.test(name) &&
        isCatchAll(ts, node.arguments[0]) &&
        !/process\.exit|throw|abort/.test(print(ts, node))
      ) {
        add(node, 'swallowed_error', 'keeps the process alive after any error at all.');
      }
      if (!isTest && name === 'process.setUncaughtExceptionCaptureCallback')
        add(node, 'swallowed_error', 'keeps the process alive after any error at all.');
      if (!isTest && /^(?:child_process|vm)\.\w+$/.test(name))
        add(node, 'new_capability', `runs code or programs (${name}).`, false);
    }
    if (
      ts.isImportDeclaration(node) &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      /^(?:node:)?(?:child_process|vm|worker_threads|cluster|inspector|repl)$/.test(node.moduleSpecifier.text) &&
      !isTest
    ) {
      add(node, 'new_capability', `uses ${node.moduleSpecifier.text}.`, false);
    }
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      names.chainOf(node.left) === 'process.exitCode'
    ) {
      const isZero = ts.isNumericLiteral(node.right) && node.right.text === '0';
      if (isTest || isZero) add(node, 'process_exit', 'sets the exit code of the run.');
    }
    if (isTest) return;
    const imported = importedPath(ts, node, source.fileName);
    if (imported !== null && isTestPath(imported)) add(node, 'test_import', `takes code from the tests (${imported}).`);
    const word = wordOf(ts, node);
    if (
      word !== null &&
      (unmistakable.test(word) || ((runnerNames.test(word) || ownNames.test(word)) && isShared(node)))
    )
      add(node, 'test_sniffing', `asks whether it is being tested (${word}).`);
    if (word !== null && modeNames.test(word) && isShared(node)) {
      const near = textsOf(ts, statementOf(ts, node));
      const isAboutTests =
        near.some((text) => testWord.test(text)) ||
        (ts.isVariableStatement(statementOf(ts, node)) && literals.some((text) => /^tests?$/i.test(text)));
      add(node, 'test_sniffing', `depends on ${word}.`, isAboutTests || isAnythingBut(ts, node));
    }
    const name = isNamed(ts, node) ? (names.chainOf(node) ?? '') : '';
    if (whereabouts.test(name)) {
      const isAboutTests = textsOf(ts, statementOf(ts, node)).some((text) => testWord.test(text));
      if (isAboutTests) add(node, 'test_sniffing', `looks for tests in ${name}.`);
      else if (/^process\.(?:argv|execArgv|title|ppid)$/.test(name))
        add(node, 'test_sniffing', `reads ${name}.`, false);
    }
    if (
      name === 'process.env' &&
      isWhole(ts, node) &&
      textsOf(ts, statementOf(ts, node)).some((text) => testWord.test(text))
    )
      add(node, 'test_sniffing', 'looks for tests in the whole environment.');
    if (ts.isTypeOfExpression(node)) {
      const name = nameChain(ts, node.expression)?.at(-1) ?? '';
      if (runnerGlobals.test(name)) add(node, 'test_sniffing', `asks whether it is being tested (typeof ${name}).`);
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      /^(?:globalThis|global)\.(?:jest|vi|vitest|mocha|describe|it|expect|__vitest\w*|__jest\w*)$|^import\.meta\.(?:vitest|env\.(?:VITEST|MODE|TEST))$/.test(
        plainName(ts, node),
      )
    ) {
      add(node, 'test_sniffing', `asks whether it is being tested (${print(ts, node)}).`);
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      node.name.text === 'stack' &&
      textsOf(ts, statementOf(ts, node)).some((text) => testWord.test(text))
    ) {
      add(node, 'test_sniffing', 'looks for tests in its own call stack.');
    }
  });
  return found;
}

function isCatchAll(ts: Ts, node: Node | undefined): boolean {
  return (
    node !== undefined && ts.isStringLiteralLike(node) && /^(?:uncaughtException|unhandledRejection)$/.test(node.text)
  );
}

/** A name or a text; one that is put together of texts is read as the whole. */
function wordOf(ts: Ts, node: Node): string | null {
  return ts.isIdentifier(node) ? node.text : foldText(ts, node);
}

/** In the same statement as `process.env`, another name for it, or `globalThis`. */
function mentionsShared(ts: Ts, statement: Node, names: Names): boolean {
  let found = /\benv\b|\bglobalThis\b|\bglobal\./.test(print(ts, statement));
  walk(
    ts,
    statement,
    (node) => void (found ||= isNamed(ts, node) && /^process\.env\b/.test(names.chainOf(node) ?? '')),
  );
  return found;
}

function isNamed(ts: Ts, node: Node): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) return true;
  // The last name of `a.b` stands for nothing by itself.
  return ts.isIdentifier(node) && !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node);
}

/** `import.meta.env`, whatever types it is said to have. */
function plainName(ts: Ts, node: Node): string {
  return nameChain(ts, node)?.join('.') ?? '';
}

/** Taken as one thing: `Object.keys(process.env)`, `{ ...process.env }`, `for (const name in process.env)`; not `process.env.PORT`. */
function isWhole(ts: Ts, node: Node): boolean {
  const { parent } = node;
  return (
    (ts.isCallExpression(parent) && parent.expression !== node) ||
    ts.isSpreadAssignment(parent) ||
    ts.isForInStatement(parent)
  );
}

/** What is called, past `.call`, `.apply` and `Reflect.apply`. */
function calleeOf(ts: Ts, { expression, arguments: given }: TypeScript.CallExpression, names: Names): string {
  const name = names.chainOf(expression) ?? nameChain(ts, expression)?.join('.') ?? '';
  if (/^Reflect\.(?:apply|construct)$/.test(name) && given[0]) return names.chainOf(given[0]) ?? '';
  return name.replace(/(.)\.(?:call|apply|bind)$/, '$1');
}

function foldNumber(ts: Ts, node: Node): string | null {
  return ts.isNumericLiteral(node) ? node.text : null;
}

function isOwnProcess(name: string | null, number: string | null): boolean {
  return name === 'process.pid' || name === 'process.ppid' || number !== null;
}

/** Anything but production, which a test run is. */
function isAnythingBut(ts: Ts, node: Node): boolean {
  const statement = statementOf(ts, node);
  let found = false;
  walk(ts, statement, (child) => {
    if (!ts.isBinaryExpression(child)) return;
    const { ExclamationEqualsToken, ExclamationEqualsEqualsToken } = ts.SyntaxKind;
    const isUnequal = [ExclamationEqualsToken, ExclamationEqualsEqualsToken].some(
      (kind) => kind === child.operatorToken.kind,
    );
    if (isUnequal && textsOf(ts, child).some((text) => /^prod/i.test(text))) found = true;
  });
  return found || textsOf(ts, statement).some((text) => /^dev/i.test(text));
}

/** The file that an import or a call with a path leads to; null for a package and for everything else. */
function importedPath(ts: Ts, node: Node, from: string): string | null {
  const isImport = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
  const isCall = ts.isCallExpression(node) && /^(?:require|import)$/.test(print(ts, node.expression));
  const target = isImport ? node.moduleSpecifier : isCall ? node.arguments[0] : undefined;
  if (!target || !ts.isStringLiteralLike(target) || !target.text.startsWith('.')) return null;
  return posix.join(posix.dirname(from), target.text);
}
