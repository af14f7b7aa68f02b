// Records the opposite of a commit, by plumbing alone: nothing is checked out, and no branch moves.
import type { OpenRepository } from './open-repository.js';

export async function commitRevert(
  repo: OpenRepository,
  commit: string,
  tip: string,
  title: string,
): Promise<string | null> {
  return repo.withLens(async (lens) => {
    // In a file, because a diff holds the bytes of files and those need not be text.
    const patch = lens.path('revert.patch');
    const diff = ['diff', '--no-ext-diff', '--no-textconv', '--no-renames', '--full-index', '--binary'];
    // The first parent of a merge is the branch that it was merged into.
    await lens.run([...diff, `--output=${patch}`, `${commit}^1`, commit]);
    await lens.run(['read-tree', tip]);
    const applied = await lens.run(['apply', '--cached', '--reverse', '--whitespace=nowarn', patch], {
      isAllowedToFail: true,
    });
    if (applied.exitCode !== 0) return null;
    const tree = (await lens.run(['write-tree'])).stdout.toString().trim();
    const message = `${title}\n\nThis reverts commit ${commit}.\n`;
    const made = await lens.run(['commit-tree', tree, '-p', tip, '-F', '-'], { input: message });
    return made.stdout.toString().trim();
  });
}
