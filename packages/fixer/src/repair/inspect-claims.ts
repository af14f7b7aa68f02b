// Rule about new tests: they show what the code does. One that looks at the code itself can tell the fix from the base and pass on one alone.
import { posix } from 'node:path';
import type * as TypeScript from 'typescript';
import type { Flag } from '@levautofix/contract/job-view';
import { foldText } from './canonical-names.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { moduleText } from './inspect-disguise.js';
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
import { isTestPath } from './test-files.js';

interface Claim extends Finding {
  note: string;
  isRefused: boolean;
}

/** What of the sources a change brings new: whole files, and names that a file exports. */
interface News {
  files: ReadonlySet<string>;
  names: ReadonlySet<string>;
}

export function inspectClaims(ts: Ts, texts: readonly ChangedText[]): { refusals: Flag[]; flags: Flag[] } {
  const sources = texts.filter(({ file, syntax }) => !isTestPath(file.path) && syntax.after);
  const news: News = {
    files: new Set(sources.filter(({ file }) => file.kind === 'added').map(({ file }) => withoutEnding(file.path))),
    names: new Set(
      sources.flatMap(({ syntax }) =>
        newFindings(exportsOf(ts, syntax.before), exportsOf(ts, syntax.after)).map(({ key }) => key),
      ),
    ),
  };
  const found = texts.flatMap((text) => {
    const file = text.file.path;
    if (!isTestPath(file)) return [];
    return newFindingsIn(text, (source) => findClaims(ts, file, source, news)).map(({ line, note, isRefused }) => ({
      isRefused,
      flag: { kind: isRefused ? 'test_reads_source' : 'test_branches', file, line, note },
    }));
  });
  const flagsOf = (isRefused: boolean) =>
    found.filter((claim) => claim.isRefused === isRefused).map(({ flag }) => flag);
  return { refusals: flagsOf(true), flags: flagsOf(false).slice(0, 3) };
}

const reading =
  /(?:^|\.)(?:readFile|readFileSync|stat|statSync|lstat|lstatSync|exists|existsSync|access|accessSync|readdir|readdirSync|open|openSync|createReadStream|writeFile|writeFileSync|appendFile|appendFileSync|cp|cpSync|copyFile|copyFileSync|rename|renameSync|rm|rmSync|unlink|unlinkSync|exec|execSync|execFile|execFileSync|spawn|spawnSync)$/;
const runtimes = /^(?:node|tsx|npx|npm|pnpm|yarn|bun|deno)$/;

function findClaims(ts: Ts, path: string, source: SourceFile, news: News): Claim[] {
  const found: Claim[] = [];
  const add = (node: Node, note: string, isRefused = true) =>
    found.push({ key: `${note} ${print(ts, node)}`, line: lineOf(node), note, isRefused });
  const imported = sourceNames(ts, path, source);
  const values = initializers(ts, source);
  const isImported = (node: Node) => isPlainChain(ts, node) && imported.has(nameChain(ts, node)?.[0] ?? '');
  const isNews = (node: Node) => {
    const chain = isPlainChain(ts, node) ? nameChain(ts, node) : null;
    return chain !== null && imported.has(chain[0] ?? '') && news.names.has(chain.at(-1) ?? '');
  };
  const leadsToSource = (node: Node) =>
    knownTexts(ts, node, values).some((text) => {
      const target = text.startsWith('.') ? posix.join(posix.dirname(path), text) : text.replace(/^\.\//, '');
      return isSourcePath(target) || news.files.has(withoutEnding(target));
    });
  walk(ts, source, (node) => {
    if (ts.isCallExpression(node)) {
      const name = nameChain(ts, node.expression)?.join('.') ?? '';
      const isProgram = /(?:exec|spawn)\w*$/.test(name);
      const command =
        isProgram && node.arguments[0] ? (foldText(ts, node.arguments[0])?.trim().split(/\s+/)[0] ?? '') : '';
      // A program of the service's own is run, not read.
      if (
        reading.test(name) &&
        !(isProgram && (command === '' || runtimes.test(command))) &&
        node.arguments.some(leadsToSource)
      )
        add(node, 'looks at the text of a source instead of what it does.');
      const [first] = node.arguments;
      const text = name === 'String' || /^Function\.prototype\.toString\.(?:call|apply)$/.test(name) ? first : null;
      if (text && isImported(text)) add(node, 'looks at the text of a function instead of what it does.');
      if (
        /\.toString$/.test(name) &&
        ts.isPropertyAccessExpression(node.expression) &&
        isImported(node.expression.expression) &&
        node.arguments.length === 0
      )
        add(node, 'looks at the text of a function instead of what it does.');
      const isResolving = /^(?:import\.meta\.resolve|require\.resolve)$/.test(name);
      const module = isResolving && first ? foldText(ts, first) : moduleText(ts, node);
      if (module?.startsWith('.') && news.files.has(withoutEnding(posix.join(posix.dirname(path), module))))
        add(node, 'asks for a file that only the change brings.');
    }
    const module = moduleText(ts, node);
    if (module?.startsWith('.') && module.includes('?')) add(node, 'loads the text of a source.');
    if (ts.isTemplateSpan(node) && isImported(node.expression) && isFunctionName(ts, node.expression, source))
      add(node, 'looks at the text of a function instead of what it does.');
    const condition = conditionOf(ts, node);
    if (condition === null) return;
    let isAboutSource = false;
    walk(ts, condition, (child) => void (isAboutSource ||= isNews(child)));
    if (isAboutSource || isImported(condition)) add(node, 'decides by what the change brings what it tests.');
    else add(node, 'branches, so that it may test one thing on the base and another on the fix.', false);
  });
  return found;
}

/** What a branch looks at: of `if`, `?:`, `??`, `||`, `in`, `typeof`, `?.`; null for anything else. */
function conditionOf(ts: Ts, node: Node): Node | null {
  if (ts.isIfStatement(node)) return node.expression;
  if (ts.isSwitchStatement(node)) return node.expression;
  if (ts.isConditionalExpression(node)) return node.condition;
  if (ts.isTypeOfExpression(node)) return node.expression;
  if ((ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) && node.questionDotToken)
    return node.expression;
  if (!ts.isBinaryExpression(node)) return null;
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.InKeyword) return node.right;
  const isChoice =
    kind === ts.SyntaxKind.QuestionQuestionToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandToken;
  return isChoice ? node.left : null;
}

/** `names`, `names.shout`, `names.shout.length`: looked at, not called. */
function isPlainChain(ts: Ts, node: Node): boolean {
  if (ts.isIdentifier(node)) return true;
  if (ts.isPropertyAccessExpression(node)) return isPlainChain(ts, node.expression);
  if (ts.isElementAccessExpression(node) || ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node))
    return isPlainChain(ts, node.expression);
  return false;
}

/** `${shout}` of something that the file calls elsewhere. */
function isFunctionName(ts: Ts, node: Node, source: SourceFile): boolean {
  const name = print(ts, node);
  let isCalled = false;
  walk(ts, source, (child) => void (isCalled ||= ts.isCallExpression(child) && print(ts, child.expression) === name));
  return isCalled;
}

/** Names that a test binds to what it loads of the sources. */
function sourceNames(ts: Ts, path: string, source: SourceFile): Set<string> {
  const names = new Set<string>();
  const isSource = (module: string | null) =>
    module !== null && module.startsWith('.') && !isTestPath(posix.join(posix.dirname(path), module));
  const bind = (name: Node) => walk(ts, name, (child) => void (ts.isIdentifier(child) && names.add(child.text)));
  walk(ts, source, (node) => {
    if (ts.isImportDeclaration(node) && node.importClause && isSource(moduleText(ts, node))) bind(node.importClause);
    if (ts.isVariableDeclaration(node) && node.initializer && isSource(loadedBy(ts, node.initializer))) bind(node.name);
  });
  return names;
}

/** `require('./a')`, `await import('./a').catch(...)`. */
function loadedBy(ts: Ts, node: Node): string | null {
  if (ts.isCallExpression(node)) return moduleText(ts, node) ?? loadedBy(ts, node.expression);
  if (ts.isAwaitExpression(node) || ts.isPropertyAccessExpression(node) || ts.isParenthesizedExpression(node))
    return loadedBy(ts, node.expression);
  return null;
}

function initializers(ts: Ts, source: SourceFile): Map<string, TypeScript.Expression> {
  const values = new Map<string, TypeScript.Expression>();
  walk(ts, source, (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      values.set(node.name.text, node.initializer);
  });
  return values;
}

/** Texts in an expression and in what its names stand for. */
function knownTexts(ts: Ts, node: Node, values: ReadonlyMap<string, Node>, depth = 4): string[] {
  const texts: string[] = [];
  walk(ts, node, (child) => {
    const text = foldText(ts, child);
    if (text !== null) texts.push(text);
    const value = ts.isIdentifier(child) && depth > 0 ? values.get(child.text) : undefined;
    if (value) texts.push(...knownTexts(ts, value, values, depth - 1));
  });
  return texts;
}

function isSourcePath(path: string): boolean {
  return !isTestPath(path) && (/\.(?:[cm]?[jt]s|[jt]sx)$/.test(path) || /(?:^|\/)(?:src|lib|app)(?:\/|$)/.test(path));
}

function exportsOf(ts: Ts, source: SourceFile | null): Finding[] {
  const found: Finding[] = [];
  const add = (node: Node) =>
    walk(ts, node, (child) => void (ts.isIdentifier(child) && found.push({ key: child.text, line: 1 })));
  for (const statement of source?.statements ?? []) {
    if (ts.isExportDeclaration(statement) && statement.exportClause) add(statement.exportClause);
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (isExported && ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) add(name);
    if (isExported && (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name)
      add(statement.name);
    // exports.total = ..., module.exports.total = ...
    if (ts.isExpressionStatement(statement) && ts.isBinaryExpression(statement.expression)) {
      const chain = nameChain(ts, statement.expression.left);
      if (chain && /^(?:module\.)?exports\./.test(chain.join('.'))) found.push({ key: chain.at(-1) ?? '', line: 1 });
    }
  }
  return found;
}

function withoutEnding(path: string): string {
  return path.replace(/\.(?:[cm]?[jt]s|[jt]sx)$/, '');
}
