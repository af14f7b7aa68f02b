// Where pull requests are opened: GitHub, or the local disk for a repository without a remote service.
import type { PullRequestView } from '@levautofix/contract/job-view';

export interface PullRequestDraft {
  repoPath: string;
  branch: string;
  baseBranch: string;
  baseCommit: string;
  commit: string;
  title: string;
  body: string;
}

/** A token for `git push` over http(s), and the only host name it may be sent to. */
export interface PushCredentials {
  token: string;
  host: string;
}

export interface FoundPullRequest extends PullRequestView {
  state: 'open' | 'closed' | 'merged';
  /** The newest commit on its branch. */
  commit: string;
}

export interface CodeHost {
  readonly name: string;
  /** Null when ready; else what to do. */
  check(): Promise<string | null>;
  /** Credentials for `git push`, or null when pushing needs none or there is nowhere to push. */
  readonly pushCredentials: PushCredentials | null;
  readonly canPush: boolean;
  /** The pull request of this branch, an open one before a closed one, then the newest; null when there is none. */
  find(branch: string): Promise<FoundPullRequest | null>;
  /** Opens a pull request, or answers the one that is already open for the branch. */
  open(draft: PullRequestDraft): Promise<PullRequestView>;
}
