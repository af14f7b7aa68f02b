// What the verify stage needs of the outside, and where it works.
import type { ProcessRunner } from '../ports/process-runner.js';
import type { Repository } from '../ports/repository.js';
import type { Sandbox } from '../ports/sandbox.js';
import type { Workspace } from '../ports/workspace.js';

export interface VerifyDeps {
  repository: Pick<Repository, 'exportCommit' | 'readFile' | 'listFiles'>;
  processes: ProcessRunner;
  sandbox: Sandbox;
  workspace: Workspace;
  /** Environment of every check; PATH at least, never a secret. */
  env: Record<string, string>;
  /** Exact values that must not show in a check's output. */
  secrets?: readonly string[];
  /** One short line of progress for a person. */
  onProgress?: (line: string) => void;
}
