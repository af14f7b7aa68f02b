// A watched service: which repository it is built from and how a change to it is checked.

export interface Service {
  name: string;
  repoPath: string;
  baseBranch: string;
  /** Undefined commands are detected from package.json and the lockfile. */
  installCommand: string | undefined;
  buildCommand: string | undefined;
  testCommand: string | undefined;
  installTimeoutMs: number;
  buildTimeoutMs: number;
  testTimeoutMs: number;
  /** Extra globs of files no change may touch; an entry that starts with `!` allows a default one. */
  protectedPaths: string[];
}
