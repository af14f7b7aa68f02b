// What a job has to know of the published fix that it makes better.
import type { PullRequestView } from '@levautofix/contract/job-view';

/** What a person wrote about a pull request. */
export interface Remark {
  /** Unique within its pull request. */
  id: string;
  by: string;
  text: string;
  /** The line it is about; null for a general one. */
  path: string | null;
  line: number | null;
  at: number;
}

export interface Predecessor {
  jobId: string;
  /** `regressed`: merged, deployed, and the error is back. `reviewed`: persons asked for changes. */
  why: 'regressed' | 'reviewed';
  pullRequest: PullRequestView;
  /** In words, such as where the error was seen again. */
  reason: string;
  rootCause: string;
  /** Unified diff of the published change, cut to a bound. */
  diff: string;
  remarks: Remark[];
}
