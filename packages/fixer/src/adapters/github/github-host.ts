// The code host port on GitHub's REST API.
import { describeError } from '@levautofix/service-kit/fault';
import { Octokit } from '@octokit/rest';
import type { CodeHost } from '../../ports/code-host.js';
import { createGitHubFollower } from './github-follower.js';
import { githubFault, isRequestError } from './github-fault.js';
import { gitHost, type RepositoryName } from './repository-name.js';

export interface GitHubOptions {
  token: string;
  /** Such as https://api.github.com */
  apiUrl: string;
  repository: RepositoryName;
  /** Longest wait for one answer. Default 20 s. */
  timeoutMs?: number;
  /** Clock for the waits that GitHub asks for. */
  now?: () => number;
}

export function createGitHubHost(options: GitHubOptions): CodeHost {
  const { token, apiUrl, repository, timeoutMs = 20_000, now = Date.now } = options;
  const silent = (): void => undefined;
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent: 'levautofix',
    // Octokit writes refused requests to the console by default.
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const request = async <T>(
    send: (signal: { request: { signal: AbortSignal } }) => Promise<{ data: T }>,
  ): Promise<T> => {
    try {
      return (await send({ request: { signal: AbortSignal.timeout(timeoutMs) } })).data;
    } catch (error) {
      throw isDuplicate(error) ? error : githubFault(error, repository, now());
    }
  };
  const find: CodeHost['find'] = async (branch) => {
    const head = `${repository.owner}:${branch}`;
    const pulls = await request((signal) =>
      octokit.rest.pulls.list({
        ...repository,
        head,
        state: 'all',
        sort: 'created',
        direction: 'desc',
        per_page: 30,
        ...signal,
      }),
    );
    // GitHub ignores a filter that it does not understand and answers everything.
    const own = pulls.filter((pull) => pull.head.ref === branch);
    const newest = own.find((pull) => pull.state === 'open') ?? own[0];
    if (newest === undefined) return null;
    const state = newest.state === 'open' ? 'open' : newest.merged_at === null ? 'closed' : 'merged';
    return { number: newest.number, url: newest.html_url, state, commit: newest.head.sha };
  };

  return {
    ...createGitHubFollower({ octokit, repository, request }),
    name: 'github',
    canPush: true,
    pushCredentials: { token, host: gitHost(apiUrl) },
    find,

    async check() {
      try {
        await request((signal) => octokit.rest.pulls.list({ ...repository, per_page: 1, ...signal }));
        return null;
      } catch (error) {
        return describeError(error);
      }
    },

    async open({ branch, baseBranch, title, body }) {
      const existing = await find(branch);
      if (existing?.state === 'open') return { number: existing.number, url: existing.url };
      try {
        const draft = { ...repository, title, body, head: branch, base: baseBranch };
        const pull = await request((signal) => octokit.rest.pulls.create({ ...draft, ...signal }));
        return { number: pull.number, url: pull.html_url };
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        // Somebody, or a request of ours whose answer was lost, was faster.
        const first = await find(branch);
        if (first === null) throw githubFault(error, repository, now());
        return { number: first.number, url: first.url };
      }
    },
  };
}

function isDuplicate(error: unknown): boolean {
  return isRequestError(error) && error.status === 422 && /pull request already exists/i.test(error.message);
}
