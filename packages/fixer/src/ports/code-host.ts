// Where pull requests are opened: GitHub, or the local disk for a repository without a remote service.
import type { PullRequestView } from '@levautofix/contract/job-view';
import type { Remark } from '../domain/predecessor.js';

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

/** A pull request that was opened before. */
export interface PullRequestRef {
  repoPath: string;
  number: number;
  branch: string;
  baseBranch: string;
  /** The commit of ours that was pushed last. */
  commit: string;
}

export interface PullRequestStatus {
  state: FoundPullRequest['state'];
  /** The newest commit on its branch. */
  commit: string;
  /** The commit that brought it to the base branch; null unless merged. */
  mergeCommit: string | null;
}

export interface Conversation {
  /** Of persons who may write to the repository, oldest first: nobody else has a say in what an agent does. */
  remarks: Remark[];
  /** Topics of the comments made by `comment`. */
  topics: string[];
}

/** What following a pull request needs. */
export interface PullRequestFollower {
  status(pullRequest: PullRequestRef): Promise<PullRequestStatus>;
  /** Who wrote the newest commit on its branch, in words; null when nobody says. */
  headAuthor(pullRequest: PullRequestRef): Promise<string | null>;
  conversation(pullRequest: PullRequestRef): Promise<Conversation>;
  /** Adds a comment, once for each topic. */
  comment(pullRequest: PullRequestRef, comment: { topic: string; text: string }): Promise<void>;
  /** True when nothing on the host stands against merging: its head is ours, and no conflict, failed or running check, missing review. */
  canMerge(pullRequest: PullRequestRef): Promise<boolean>;
  /** Merges exactly `commit`; false when the host does not let it, for instance because the branch moved. */
  merge(pullRequest: PullRequestRef): Promise<boolean>;
}

export interface CodeHost extends PullRequestFollower {
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
