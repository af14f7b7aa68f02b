// Tells whether a build contains a fix: by its release, as far as that names a commit beyond doubt.
import { resolveRelease } from '../domain/resolve-release.js';
import type { Repository } from '../ports/repository.js';

/** `unknown` when the release is missing or no commit or tag known here. */
export type Containment = 'yes' | 'no' | 'unknown';
export type ContainsFix = (release: string | null) => Promise<Containment>;

type Commits = Pick<Repository, 'resolveCommit' | 'isAncestor'>;

export function containsFix(repository: Commits, repoPath: string, mergeCommit: string): ContainsFix {
  const answers = new Map<string, Promise<Containment>>();
  const ask = async (release: string): Promise<Containment> => {
    const commit = await resolveRelease(release, (name) => repository.resolveCommit(repoPath, name));
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
