// Finds what became of a commit on another branch: taken over as it is or by an equal patch, or reverted.
import type { OpenRepository } from './open-repository.js';

export async function findEqual(repo: OpenRepository, commit: string, tip: string): Promise<string | null> {
  return repo.withLens(async (lens) => {
    // Marks with `=` what both sides have as an equal patch: a cherry-pick, a rebase, or a squash of one commit.
    const args = ['rev-list', '--cherry-mark', '--left-only', '--no-merges', `${tip}...${commit}`, '--'];
    const { stdout } = await lens.run(args);
    const equal = /^=([0-9a-f]+)$/m.exec(stdout.toString())?.[1];
    if (equal !== undefined) return equal;
    const outside = await lens.run(['rev-list', '-n', '1', commit, '--not', tip, '--']);
    return outside.stdout.length === 0 ? commit : null;
  });
}

export async function findRevert(
  repo: OpenRepository,
  commits: readonly string[],
  tip: string,
): Promise<string | null> {
  const patterns = commits.map((commit) => `--grep=This reverts commit ${commit}`);
  return repo.withLens(async (lens) => {
    const args = ['rev-list', '-n', '1', '--fixed-strings', ...patterns, tip, '--not', ...commits, '--'];
    return (await lens.run(args)).stdout.toString().trim() || null;
  });
}
