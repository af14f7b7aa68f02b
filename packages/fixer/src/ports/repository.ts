// The user's git repository: worktrees, commits made by plumbing, exports, branches and pushes. The user's checkout is never touched.
import type { Change } from '../domain/change.js';
import type { PushCredentials } from './code-host.js';

export interface Worktree {
  path: string;
  branch: string;
  baseCommit: string;
}

/** A commit that touched a line. */
export interface LineCommit {
  id: string;
  /** When it was made, in milliseconds since the epoch. */
  at: number;
  /** First line of its message. */
  subject: string;
}

export interface Repository {
  /** Faults when the folder, the repository or the base branch (here and on the remote) is missing, each with its remedy. */
  check(repoPath: string, baseBranch: string): Promise<void>;
  /** The branch that the user's checkout is on; null when its head is detached. */
  currentBranch(repoPath: string): Promise<string | null>;
  /** The newest commit of the base branch: of the remote when there is one and it answers, else the local one. */
  resolveBase(
    repoPath: string,
    baseBranch: string,
  ): Promise<{ commit: string; isFetched: boolean; warning: string | null }>;
  /**
   * Makes `<repo>/.worktrees/<branch>` at `baseCommit` on `branch`, or puts an existing one back into that state, whatever a crash left there.
   * With `filesFrom` the files are those of that commit: the edits of an earlier attempt, laid on the same base.
   */
  prepareWorktree(
    repoPath: string,
    branch: string,
    baseCommit: string,
    options?: { filesFrom: string | null },
  ): Promise<Worktree>;
  /** Writes the files of a commit (no `.git`) into an empty or new folder. */
  exportCommit(repoPath: string, commit: string, folder: string): Promise<void>;
  /**
   * Records the worktree's files as a commit on top of the base without moving a branch, index or hook: pure plumbing.
   * Ignored files and what `.git/info/exclude` names stay out. Null when nothing differs from the base.
   */
  commitCandidate(
    worktree: Worktree,
    repoPath: string,
    message: string,
  ): Promise<{ commit: string; tree: string } | null>;
  /** Facts about base..commit and the `sha256:` hash of its diff. */
  describeChange(repoPath: string, baseCommit: string, commit: string): Promise<{ change: Change; diffHash: string }>;
  /** Moves the job's branch to a verified commit. */
  moveBranch(repoPath: string, branch: string, commit: string): Promise<void>;
  /**
   * Removes the worktree; the branch too when `keepBranch` is false, unless it alone holds a commit of a person: it stays then, and
   * `foreignHead` is its newest commit. Never faults for what is already gone.
   */
  removeWorktree(
    repoPath: string,
    branch: string,
    options: { keepBranch: boolean },
  ): Promise<{ foreignHead: string | null }>;
  /** Removes worktrees of hotfix branches that no open job owns; answers how many. */
  sweep(repoPath: string, ownedBranches: readonly string[]): Promise<number>;
  /** Pushes exactly `commit` as `branch`; refuses to overwrite commits of other people. */
  push(repoPath: string, branch: string, commit: string, credentials: PushCredentials | null): Promise<void>;
  /** Content of a file at a commit, or null. */
  readFile(repoPath: string, commit: string, path: string): Promise<string | null>;
  /** Paths of all files at a commit. */
  listFiles(repoPath: string, commit: string): Promise<string[]>;
  /** Resolves a release name, tag or abbreviated id; null when unknown here. */
  resolveCommit(repoPath: string, name: string): Promise<string | null>;
  isAncestor(repoPath: string, ancestor: string, descendant: string): Promise<boolean>;
  /** The commit among the ancestors of `tip` that makes the same change as `commit`, itself included; null when there is none. */
  findEqual(repoPath: string, commit: string, tip: string): Promise<string | null>;
  /** The commit among the ancestors of `tip` that says it reverts one of `commits`; null when there is none. */
  findRevert(repoPath: string, commits: readonly string[], tip: string): Promise<string | null>;
  /**
   * The commits among the ancestors of `commit`, itself included, that last changed these lines (1-based, both ends included), newest
   * first. Empty when there are no such lines, or when finding out takes too long.
   */
  lineHistory(
    repoPath: string,
    commit: string,
    lines: { path: string; from: number; to: number },
    limit: number,
  ): Promise<LineCommit[]>;
  /**
   * Records on top of `tip` a commit that takes the change of `commit` back (of a merge: what it brought in), and says so in git's words.
   * Null when what came later stands against it.
   */
  commitRevert(repoPath: string, commit: string, tip: string, title: string): Promise<string | null>;
  /** Address of the remote `origin`, without credentials; null when there is none. */
  remoteUrl(repoPath: string): Promise<string | null>;
}
