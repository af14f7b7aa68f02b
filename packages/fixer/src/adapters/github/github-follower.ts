// Follows a pull request on GitHub: its state, what persons with a say wrote, and comments of our own, each once.
import { Fault } from '@levautofix/service-kit/fault';
import type { Octokit } from '@octokit/rest';
import type { Remark } from '../../domain/predecessor.js';
import type { PullRequestFollower } from '../../ports/code-host.js';
import type { RepositoryName } from './repository-name.js';

export interface GitHubClient {
  octokit: Octokit;
  repository: RepositoryName;
  /** Sends with a deadline and turns errors into faults. */
  request: <T>(send: (signal: { request: { signal: AbortSignal } }) => Promise<{ data: T }>) => Promise<T>;
}

interface Written {
  id: number;
  body?: string | null | undefined;
  user: { login: string; type: string } | null;
  author_association?: string;
}

export function createGitHubFollower({ octokit, repository, request }: GitHubClient): PullRequestFollower {
  const { rest } = octokit;
  const all = <T>(
    list: (page: { per_page: 100; page: number; request: { signal: AbortSignal } }) => Promise<{ data: T[] }>,
  ) => allPages((page) => request((signal) => list({ per_page: 100, page, ...signal })));
  const comments = (issue_number: number) =>
    all((page) => rest.issues.listComments({ ...repository, issue_number, ...page }));

  return {
    async status({ number: pull_number }) {
      const pull = await request((signal) => rest.pulls.get({ ...repository, pull_number, ...signal }));
      const isMerged = pull.merged_at !== null;
      return {
        state: pull.state === 'open' ? 'open' : isMerged ? 'merged' : 'closed',
        commit: pull.head.sha,
        mergeCommit: isMerged ? (pull.merge_commit_sha ?? pull.head.sha) : null,
      };
    },

    async headAuthor({ number: pull_number }) {
      const commits = await all((page) => rest.pulls.listCommits({ ...repository, pull_number, ...page }));
      const head = commits.at(-1);
      return head?.author?.login ?? head?.commit.author?.name ?? null;
    },

    async conversation({ number }) {
      const pull = { ...repository, pull_number: number };
      const general = await comments(number);
      const reviews = await all((page) => rest.pulls.listReviews({ ...pull, ...page }));
      const inline = await all((page) => rest.pulls.listReviewComments({ ...pull, ...page }));
      const remarks = [
        ...general.filter(hasSay).map((one) => remark('comment', one, one.created_at)),
        // An approval asks for nothing.
        ...reviews
          .filter((one) => hasSay(one) && ['CHANGES_REQUESTED', 'COMMENTED'].includes(one.state))
          .map((one) => remark('review', one, one.submitted_at)),
        ...inline.filter(hasSay).map((one) => ({
          ...remark('line', one, one.created_at),
          path: one.path,
          line: one.line ?? one.original_line ?? null,
        })),
      ];
      return {
        remarks: remarks.filter(({ text }) => text !== '').sort((a, b) => a.at - b.at),
        topics: general.flatMap(({ body }) => topicOf(body) ?? []),
      };
    },

    async comment({ number: issue_number }, { topic, text }) {
      const present = await comments(issue_number);
      if (present.some(({ body }) => topicOf(body) === topic)) return;
      const body = `<!-- levautofix: ${topic} -->\n${text}`;
      await request((signal) => rest.issues.createComment({ ...repository, issue_number, body, ...signal }));
    },

    async canMerge({ number: pull_number, commit }) {
      const pull = await request((signal) => rest.pulls.get({ ...repository, pull_number, ...signal }));
      // "clean" is GitHub's word for no conflict, no required review missing and no check that failed or still runs.
      return pull.state === 'open' && !pull.draft && pull.head.sha === commit && pull.mergeable_state === 'clean';
    },

    async merge({ number: pull_number, commit: sha }) {
      for (const merge_method of ['merge', 'squash', 'rebase'] as const) {
        try {
          const pull = { ...repository, pull_number, sha, merge_method };
          return (await request((signal) => rest.pulls.merge({ ...pull, ...signal }))).merged;
        } catch (error) {
          if (!(error instanceof Fault) || error.code !== 'github_not_mergeable') throw error;
          // A repository may forbid some of the methods.
        }
      }
      return false;
    },
  };
}

const maxPages = 10;

async function allPages<T>(read: (page: number) => Promise<T[]>): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; page <= maxPages; page++) {
    const found = await read(page);
    items.push(...found);
    if (found.length < 100) break;
  }
  return items;
}

/** Anybody may write to a public pull request; what they write must not steer an agent. */
function hasSay({ user, body, author_association }: Written): boolean {
  const isTrusted = ['OWNER', 'MEMBER', 'COLLABORATOR'].includes(author_association ?? '');
  return isTrusted && user !== null && user.type !== 'Bot' && topicOf(body) === null;
}

function remark(kind: string, { id, body, user }: Written, at: string | undefined): Remark {
  return {
    id: `${kind}:${id}`,
    by: user?.login ?? '',
    text: (body ?? '').trim(),
    path: null,
    line: null,
    at: at === undefined ? 0 : Date.parse(at),
  };
}

function topicOf(body: string | null | undefined): string | null {
  return /^<!-- levautofix: (\S+) -->/.exec(body ?? '')?.[1] ?? null;
}
