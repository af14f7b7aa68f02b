// Reads the facts of a change off the commits themselves: files, lines, modes, and the hash a decision is bound to.
import { createHash } from 'node:crypto';
import type { Change, ChangedFile } from '../../domain/change.js';
import type { OpenRepository } from './open-repository.js';

export async function describeChange(
  repo: OpenRepository,
  baseCommit: string,
  commit: string,
): Promise<{ change: Change; diffHash: string }> {
  return repo.withLens(async (lens) => {
    const diff = async (...options: string[]): Promise<Buffer> =>
      (await lens.run(['diff', '--no-ext-diff', '--no-textconv', ...options, baseCommit, commit])).stdout;
    const [bytes, raw, numbers] = await Promise.all([
      diff('--no-renames', '--full-index', '--binary'),
      diff('--raw', '-z', '--find-renames'),
      diff('--numstat', '-z', '--find-renames'),
    ]);
    const counts = parseNumstat(numbers);
    const files = parseRaw(raw).map((file) => ({ ...file, ...(counts.get(file.path) ?? noLines) }));
    return {
      change: {
        files,
        linesAdded: sum(files, 'linesAdded'),
        linesDeleted: sum(files, 'linesDeleted'),
        diff: bytes.toString(),
      },
      diffHash: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    };
  });
}

type Lines = Pick<ChangedFile, 'linesAdded' | 'linesDeleted' | 'isBinary'>;
const noLines: Lines = { linesAdded: 0, linesDeleted: 0, isBinary: false };
const kinds: Record<string, ChangedFile['kind']> = { A: 'added', D: 'deleted', R: 'renamed' };

/** Entries `:oldmode newmode oldid newid STATUS NUL path NUL`, with two paths after a rename. */
function parseRaw(bytes: Buffer): Omit<ChangedFile, keyof Lines>[] {
  const fields = bytes.toString().split('\0');
  const files: Omit<ChangedFile, keyof Lines>[] = [];
  for (let at = 0; fields[at]?.startsWith(':') === true;) {
    const [, mode = '', , , status = ''] = (fields[at++] ?? '').split(' ');
    const first = fields[at++] ?? '';
    const kind = kinds[status.charAt(0)] ?? 'modified';
    if (kind === 'renamed') files.push({ path: fields[at++] ?? '', oldPath: first, kind, mode });
    else files.push({ path: first, oldPath: null, kind, mode });
  }
  return files;
}

/** Entries `added TAB deleted TAB path NUL`; a rename leaves the path empty and puts old and new after it. `-` means binary. */
function parseNumstat(bytes: Buffer): Map<string, Lines> {
  const fields = bytes.toString().split('\0');
  const counts = new Map<string, Lines>();
  for (let at = 0; (fields[at] ?? '') !== '';) {
    const [added = '', deleted = '', ...name] = (fields[at++] ?? '').split('\t');
    let path = name.join('\t');
    if (path === '') [, path = ''] = [fields[at++], fields[at++]];
    const isBinary = added === '-';
    counts.set(path, {
      linesAdded: isBinary ? 0 : Number(added),
      linesDeleted: isBinary ? 0 : Number(deleted),
      isBinary,
    });
  }
  return counts;
}

function sum(files: ChangedFile[], field: 'linesAdded' | 'linesDeleted'): number {
  return files.reduce((total, file) => total + file[field], 0);
}
