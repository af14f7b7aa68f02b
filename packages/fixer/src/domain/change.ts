// A change: what an agent proposes in words, and the facts the fixer reads off the diff itself.

/** The agent's own account. Every field is untrusted text. */
export interface Proposal {
  rootCause: string;
  summary: string;
  risk: string;
  /** Path of the regression test, relative to the worktree. */
  regressionTest: string | null;
}

export interface ChangedFile {
  path: string;
  /** Path before a rename. */
  oldPath: string | null;
  kind: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Git mode after the change, such as 100644; 000000 when deleted. */
  mode: string;
  linesAdded: number;
  linesDeleted: number;
  isBinary: boolean;
}

export interface Change {
  files: ChangedFile[];
  linesAdded: number;
  linesDeleted: number;
  /** Unified diff against the base commit, whole. */
  diff: string;
}
