// The files of a change with their text before and after, and their syntax where it is understood.
import type { ChangedFile } from '../domain/change.js';
import { type Finding, type SourceFile, type Ts, newFindings, parseSource } from './parse-source.js';

export interface ChangedText {
  file: ChangedFile;
  /** Null when there was or is no such file, or none of readable text. */
  before: string | null;
  after: string | null;
  syntax: { before: SourceFile | null; after: SourceFile | null };
  /** The lines that are new, and those that are gone, each with its 1-based number. */
  addedLines: Line[];
  deletedLines: Line[];
}

export interface Line {
  number: number;
  text: string;
}

/** Beyond this a file is data or generated, not source that somebody reviews. */
const maxLength = 1_000_000;
const link = '120000';

export async function readChangedText(
  ts: Ts,
  file: ChangedFile,
  readFile: (side: 'base' | 'fix', path: string) => Promise<string | null>,
): Promise<ChangedText> {
  const isText = !file.isBinary && file.mode !== link;
  const read = async (side: 'base' | 'fix', path: string) => {
    const text = isText ? await readFile(side, path) : null;
    return text !== null && text.length <= maxLength ? text : null;
  };
  const oldPath = file.oldPath ?? file.path;
  const before = file.kind === 'added' ? null : await read('base', oldPath);
  const after = file.kind === 'deleted' ? null : await read('fix', file.path);
  return {
    file,
    before,
    after,
    syntax: {
      before: before === null ? null : parseSource(ts, oldPath, before),
      after: after === null ? null : parseSource(ts, file.path, after),
    },
    addedLines: linesBeyond(after ?? '', before ?? ''),
    deletedLines: linesBeyond(before ?? '', after ?? ''),
  };
}

/** What `find` finds after the change and did not before it, in a file whose syntax is understood. */
export function newFindingsIn<Kind extends Finding>(
  { syntax: { before, after } }: ChangedText,
  find: (source: SourceFile) => Kind[],
): Kind[] {
  return newFindings(before ? find(before) : [], after ? find(after) : []);
}

/** Lines of `text` that `other` does not hold, or holds fewer times. */
function linesBeyond(text: string, other: string): Line[] {
  const known = new Map<string, number>();
  for (const line of splitLines(other)) known.set(line, (known.get(line) ?? 0) + 1);
  return splitLines(text).flatMap((line, index) => {
    const left = known.get(line) ?? 0;
    known.set(line, left - 1);
    return left > 0 ? [] : [{ number: index + 1, text: line }];
  });
}

function splitLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}
