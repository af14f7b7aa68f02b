// Reads the names of tests out of TAP, nested subtests included (node:test, tap, ava, mocha and vitest can print it).
import type { TestEntry } from './test-entry.js';

interface OpenParent {
  depth: number;
  name: string;
}

/** Null when the text holds no TAP. */
export function readTapNames(text: string): TestEntry[] | null {
  if (!/^TAP version 1[34]\s*$/m.test(text) && !/^1\.\.\d+\s*$/m.test(text)) return null;
  const pending: TestEntry[][] = [[]];
  const open: OpenParent[] = [];
  let yamlIndent: number | null = null;
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (yamlIndent !== null) {
      if (indent === yamlIndent && line.trim() === '...') yamlIndent = null;
      continue;
    }
    if (line.trim() === '---') {
      yamlIndent = indent;
      continue;
    }
    const depth = Math.floor(indent / 4);
    if (line.trim() === '}' && open.at(-1)?.depth === depth) {
      adopt(pending, depth, open.pop()!.name);
      continue;
    }
    const point = /^\s*(ok|not ok)\b(?: \d+)?(?: -)? ?(.*?)\s*$/.exec(line);
    if (!point || indent % 4 !== 0) continue;
    const { name, directive, isOpening } = readDescription(point[2] ?? '');
    if (isOpening) open.push({ depth, name });
    else adopt(pending, depth, name);
    const status = directive ?? (point[1] === 'ok' ? 'passed' : 'failed');
    (pending[depth] ??= []).push({ path: [name], status });
  }
  return pending[0] ?? [];
}

/** Points one level deeper that were waiting for their parent now have it. */
function adopt(pending: TestEntry[][], depth: number, parent: string): void {
  const children = pending[depth + 1] ?? [];
  pending[depth + 1] = [];
  (pending[depth] ??= []).push(...children.map(({ path, status }) => ({ path: [parent, ...path], status })));
}

function readDescription(text: string): { name: string; directive: 'skipped' | 'todo' | null; isOpening: boolean } {
  const isOpening = text.endsWith('{');
  const bare = isOpening ? text.slice(0, -1).trimEnd() : text;
  // A hash of the name itself is escaped by a backslash.
  const comment = /(?<!\\)#\s*(.*)$/.exec(bare);
  const name = (comment ? bare.slice(0, comment.index) : bare).trim().replaceAll('\\#', '#').replaceAll('\\\\', '\\');
  const word = /^(skip|todo)\b/i.exec(comment?.[1] ?? '')?.[1]?.toLowerCase();
  return { name, directive: word === 'skip' ? 'skipped' : word === 'todo' ? 'todo' : null, isOpening };
}
