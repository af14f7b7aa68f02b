// Tells whether a build contains a fix: by its release, as far as that names a commit beyond doubt.
import type { Repository } from '../ports/repository.js';

/** `unknown` when the release is missing or no commit or tag known here. */
export type Containment = 'yes' | 'no' | 'unknown';
export type ContainsFix = (release: string | null) => Promise<Containment>;

type Commits = Pick<Repository, 'resolveCommit' | 'isAncestor'>;

export function containsFix(repository: Commits, repoPath: string, mergeCommit: string): ContainsFix {
  const answers = new Map<string, Promise<Containment>>();
  const ask = async (release: string): Promise<Containment> => {
    const commit = await findBuild(repository, repoPath, release);
    if (commit === null) return 'unknown';
    return (await repository.isAncestor(repoPath, mergeCommit, commit)) ? 'yes' : 'no';
  };
  return (release) => {
    if (release === null) return Promise.resolve('unknown');
    const answer = answers.get(release) ?? ask(release);
    answers.set(release, answer);
    return answer;
  };
}

/** A branch moves on while its name stays in the release, so only ids and tags count, and what `git describe` makes of them. */
async function findBuild(repository: Commits, repoPath: string, release: string): Promise<string | null> {
  const id = /^(?:.+-g)?([0-9a-f]{7,64})$/i.exec(release)?.[1]?.toLowerCase();
  const named = id === undefined ? null : await repository.resolveCommit(repoPath, id);
  if (id !== undefined && named?.startsWith(id) === true) return named;
  return (
    (await repository.resolveCommit(repoPath, `refs/tags/${release}`)) ??
    repository.resolveCommit(repoPath, `refs/tags/v${release}`)
  );
}
