// Rules against what a change takes away unseen: log lines, and errors that are no longer thrown. Counted over all files, so that a line may move.
import type { Flag } from '@levautofix/contract/job-view';
import type { ChangedText } from './changed-source.js';
import { type Finding, lineOf, newFindings, type Node, print, type Ts, walk } from './parse-source.js';
import { logName } from './log-calls.js';

/** Levels that somebody is woken by. */
const loud = /(?:^|\.)(?:error|warn|warning|fatal|critical|alert|emerg|exception|captureException)$/;

export function lostLogLines(ts: Ts, sources: readonly ChangedText[]): Flag[] {
  const read = (side: 'before' | 'after') =>
    sources.flatMap(({ file, syntax }) => {
      const lines: (Finding & { file: string; isLoud: boolean })[] = [];
      const source = syntax[side];
      if (source)
        walk(ts, source, (node) => {
          const name = ts.isCallExpression(node) ? logName(ts, node) : null;
          if (name !== null)
            lines.push({ key: print(ts, node), line: lineOf(node), file: file.path, isLoud: loud.test(name) });
        });
      return lines;
    });
  const [before, after] = [read('before'), read('after')];
  const lost = newFindings(after, before);
  const count = (lines: { isLoud: boolean }[]) => lines.filter(({ isLoud }) => isLoud).length;
  const isQuieter = count(after) < count(before);
  const [first] = isQuieter ? lost.filter(({ isLoud }) => isLoud) : lost;
  if (!first || !(after.length < before.length || isQuieter)) return [];
  return [
    {
      kind: 'deleted_log',
      file: first.file,
      line: first.line,
      note: `deletes the log line ${first.key.slice(0, 100)}.`,
    },
  ];
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
