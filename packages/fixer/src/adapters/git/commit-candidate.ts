// Records a worktree's files as a commit, by plumbing alone: no hook, filter, signature or identity of the user takes part.
import { copyFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worktree } from '../../ports/repository.js';
import { findCandidateFiles, type CandidateFile } from './candidate-files.js';
import { findWorktreeFolder } from './checkout-folders.js';
import type { Lens } from './lens.js';
import type { OpenRepository } from './open-repository.js';

export async function commitCandidate(
  repo: OpenRepository,
  worktree: Worktree,
  message: string,
): Promise<{ commit: string; tree: string } | null> {
  const { path, baseCommit } = worktree;
  const folder = await findWorktreeFolder(repo.gitFolder, path);
  return repo.withLens(async (lens) => {
    await readBase(lens, baseCommit, folder);
    const files = await findCandidateFiles(lens, path);
    if (files.length === 0) return null;

    const ids = await storeBlobs(lens, path, files);
    // Removals first, so that a folder can take the place of a file.
    const lines = files
      .filter(({ kind }) => kind === 'deleted')
      .map((file) => `0 ${'0'.repeat(baseCommit.length)}\t${file.path}\0`);
    for (const file of files) {
      if (file.kind !== 'deleted')
        lines.push(`${file.kind === 'file' ? file.mode : '120000'} ${ids.get(file.path)}\t${file.path}\0`);
    }
    await lens.run(['update-index', '-z', '--index-info'], { input: lines.join('') });

    const tree = text(await lens.run(['write-tree']));
    if (tree === text(await lens.run(['rev-parse', '--verify', `${baseCommit}^{tree}`]))) return null;
    const commit = text(
      await lens.run(['commit-tree', tree, '-p', baseCommit, '-F', '-'], { input: `${message.trimEnd()}\n` }),
    );
    return { commit, tree };
  });
}

/** The worktree's own index knows when each file was written, which spares reading every file again. It is a hint only. */
async function readBase(lens: Lens, baseCommit: string, folder: string | null): Promise<void> {
  const index = lens.path('index');
  const written = folder === null ? null : await stat(join(folder, 'index')).catch(() => null);
  if (folder !== null && written !== null) {
    await copyFile(join(folder, 'index'), index);
    const reused = await lens.run(['read-tree', '--reset', baseCommit], { isAllowedToFail: true });
    // A file edited in the second in which it was checked out looks untouched: git reads it again, if the index is as old.
    const writtenAt = Math.floor(written.mtimeMs / 1000);
    if (reused.exitCode === 0) return utimes(index, writtenAt, writtenAt);
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
  await lens.run(['read-tree', baseCommit]);
}

/** Path -> object id. */
async function storeBlobs(lens: Lens, worktree: string, files: CandidateFile[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const paths = files.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  if (paths.length > 0) {
    const { stdout } = await lens.run(['hash-object', '-w', '--no-filters', '--stdin-paths'], {
      workTree: worktree,
      // A leading `./` keeps git from taking a quote at the start of a name for quoting.
      input: paths.map((path) => `./${path}\n`).join(''),
    });
    const lines = stdout.toString().trimEnd().split('\n');
    paths.forEach((path, index) => ids.set(path, lines[index] ?? ''));
  }
  for (const file of files) {
    if (file.kind !== 'link') continue;
    ids.set(file.path, text(await lens.run(['hash-object', '-w', '--no-filters', '--stdin'], { input: file.target })));
  }
  return ids;
}

function text({ stdout }: { stdout: Buffer }): string {
  return stdout.toString().trim();
}
