// Rules against what a change takes away unseen: log lines, and errors that are no longer thrown. Counted over all files, so that a line may move.
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import { functionOf, isConstant, isIdle } from './idle-statements.js';
import { type Finding, lineOf, newFindings, type Node, print, type SourceFile, type Ts, walk } from './parse-source.js';
import { logName } from './log-calls.js';

/** Levels that somebody is woken by. */
const loud = /(?:^|\.)(?:error|warn|warning|fatal|critical|alert|emerg|exception|captureException)$/;

interface LogLine extends Finding {
  file: string;
  /** The nearest function with a name around it; empty for the file itself. */
  within: string;
  isLoud: boolean;
  /** What is said, apart from how loudly. */
  words: string;
}

/** A line may move as it is, and be edited where it stands; it may be neither deleted nor lowered. */
export function lostLogLines(ts: Ts, sources: readonly ChangedText[]): Flag[] {
  const [before, after] = (['before', 'after'] as const).map((side) =>
    sources.flatMap(({ file, syntax }) => (syntax[side] ? readLogLines(ts, file.path, syntax[side]) : [])),
  ) as [LogLine[], LogLine[]];
  const added = newFindings(before, after);
  const scopes = new Set(sources.flatMap(({ syntax }) => (syntax.after ? namesOfFunctions(ts, syntax.after) : [])));
  const flags: Flag[] = [];
  for (const lost of newFindings(after, before)) {
    const replaces = (line: LogLine) =>
      (line.file === lost.file && line.within === lost.within) || (lost.within !== '' && !scopes.has(lost.within));
    const index = Math.max(
      added.findIndex((line) => line.words === lost.words && replaces(line)),
      added.findIndex((line) => line.isLoud === lost.isLoud && replaces(line)),
    );
    const [line] = index < 0 ? [] : added.splice(index, 1);
    if (line && (line.isLoud || !lost.isLoud)) continue;
    const how = line ? 'lowers' : 'deletes';
    flags.push({
      kind: 'deleted_log',
      file: lost.file,
      line: lost.line,
      note: `${how} the log line ${lost.key.slice(0, 100)}.`,
    });
  }
  return [...flags.slice(0, 1), ...sources.flatMap((source) => silencedLoggers(ts, source))];
}

function readLogLines(ts: Ts, file: string, source: SourceFile): LogLine[] {
  const lines: LogLine[] = [];
  walk(ts, source, (node) => {
    const name = ts.isCallExpression(node) ? logName(ts, node) : null;
    if (name === null || !ts.isCallExpression(node) || isUnreachable(ts, node)) return;
    const [first] = node.arguments;
    lines.push({
      key: print(ts, node),
      line: lineOf(node),
      file,
      within: functionAround(ts, node),
      isLoud: loud.test(name),
      words: first ? print(ts, first) : '',
    });
  });
  return lines;
}

function functionAround(ts: Ts, node: Node): string {
  for (let at = node.parent; at; at = at.parent) {
    const name = functionName(ts, at);
    if (name !== null) return name;
  }
  return '';
}

function namesOfFunctions(ts: Ts, source: SourceFile): string[] {
  const names: string[] = [];
  walk(ts, source, (node) => {
    const name = functionName(ts, node);
    if (name !== null) names.push(name);
  });
  return names;
}

function functionName(ts: Ts, node: Node): string | null {
  if (!ts.isFunctionLike(node)) return null;
  if ('name' in node && node.name) return print(ts, node.name);
  const { parent } = node;
  const isNamed =
    ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent);
  return isNamed ? print(ts, parent.name) : null;
}

/** Under `if (false)` or after `false &&`. */
function isUnreachable(ts: Ts, node: Node): boolean {
  const isNever = (condition: Node) => /^(?:false|0|null|undefined|''|""|void 0|!true|!1)$/.test(print(ts, condition));
  for (let at = node; at.parent && !ts.isFunctionLike(at); at = at.parent) {
    const { parent } = at;
    if (ts.isIfStatement(parent) && parent.thenStatement === at && isNever(parent.expression)) return true;
    if (ts.isWhileStatement(parent) && parent.statement === at && isNever(parent.expression)) return true;
    if (
      ts.isBinaryExpression(parent) &&
      parent.right === at &&
      parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken &&
      isNever(parent.left)
    )
      return true;
  }
  return false;
}

/** A logger's own `error` that did something and does nothing now. */
function silencedLoggers(ts: Ts, { file, syntax }: ChangedText): Flag[] {
  const read = (source: SourceFile | null) => {
    const members = new Map<string, { isIdle: boolean; line: number }>();
    if (source)
      walk(ts, source, (node) => {
        if (!ts.isPropertyAssignment(node) && !ts.isMethodDeclaration(node) && !ts.isPropertyDeclaration(node)) return;
        const name = print(ts, node.name);
        if (!loud.test(`.${name}`)) return;
        const called = ts.isMethodDeclaration(node) ? node : node.initializer && functionOf(ts, node.initializer);
        const body = called?.body;
        const isIdleNow = body
          ? ts.isBlock(body)
            ? body.statements.every((statement) => isIdle(ts, statement))
            : isConstant(ts, body)
          : false;
        members.set(name, { isIdle: isIdleNow, line: lineOf(node) });
      });
    return members;
  };
  const [before, after] = [read(syntax.before), read(syntax.after)];
  return [...after].flatMap(([name, { isIdle, line }]) =>
    isIdle && before.get(name)?.isIdle === false
      ? [{ kind: 'deleted_log', file: file.path, line, note: `makes ${name} of a logger do nothing.` }]
      : [],
  );
}

export function lostThrows(ts: Ts, sources: readonly ChangedText[]): Flag[] {
  const read = (side: 'before' | 'after') =>
    sources.flatMap(({ file, syntax }) => {
      const found: (Finding & { file: string })[] = [];
      const add = (node: Node) =>
        ts.isThrowStatement(node) && found.push({ key: print(ts, node), line: lineOf(node), file: file.path });
      const source = syntax[side];
      if (source) walk(ts, source, (node) => void add(node));
      return found;
    });
  const [before, after] = [read('before'), read('after')];
  const [first] = after.length < before.length ? newFindings(after, before) : [];
  return first
    ? [{ kind: 'deleted_throw', file: first.file, line: first.line, note: `no longer does: ${first.key}` }]
    : [];
}
