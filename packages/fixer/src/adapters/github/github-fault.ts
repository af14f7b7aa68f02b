// What a failed GitHub request means for a person and for a retry.
import { Fault } from '@levautofix/service-kit/fault';
import { withoutPasswords } from '../../domain/without-passwords.js';
import type { RepositoryName } from './repository-name.js';

/** The parts of octokit's RequestError that are read; its message never holds the token. */
interface RequestError {
  status: number;
  message: string;
  response?: { headers: Record<string, string | number | undefined>; data?: unknown };
}

/** Any error of octokit as a Fault. `now` is milliseconds since the epoch; waits told by GitHub become `retryAt`. */
export function githubFault(error: unknown, { owner, repo }: RepositoryName, now: number): Fault {
  if (!isRequestError(error)) return unreachable(error instanceof Error ? error.message : String(error));
  const { status, message } = error;
  const retryAt = readRetryAt(error, now);
  if (status === 429 || (status === 403 && retryAt !== null)) {
    return new Fault({
      code: 'github_rate_limited',
      message: 'GitHub asks to wait before the next request.',
      remedy: 'Nothing has to be done: the job goes on by itself.',
      isRetryable: true,
      retryAt: retryAt ?? now + 60_000,
    });
  }
  if (status === 401) {
    return new Fault({
      code: 'github_unauthorized',
      message: 'GitHub refused the token.',
      remedy: 'Set GITHUB_TOKEN to a valid token with read and write access to contents and pull requests.',
    });
  }
  if (status === 403 || status === 404) {
    return new Fault({
      code: 'github_forbidden',
      message: `GitHub does not let this token use ${owner}/${repo} (${status}: ${message}).`,
      remedy: 'Check GITHUB_REPOSITORY, and that the token may read and write contents and pull requests there.',
    });
  }
  if (status === 405 || status === 409) {
    return new Fault({
      code: 'github_not_mergeable',
      message: `GitHub does not merge the pull request: ${message}`,
      remedy: 'Look at it there: its checks, its reviews, and which ways of merging the repository allows.',
    });
  }
  if (status === 422) {
    return new Fault({
      code: 'github_refused',
      message: `GitHub refused the pull request: ${message}`,
      remedy: 'Check that the base branch exists on GitHub and that the fix is not already part of it.',
    });
  }
  return status >= 500 ? unreachable(message) : unreachable(`unexpected answer ${status}: ${message}`);
}

export function isRequestError(error: unknown): error is RequestError {
  // Octokit reports a broken connection as status 500 without a response.
  return error instanceof Error && 'status' in error && 'response' in error && error.response !== undefined;
}

function unreachable(why: string): Fault {
  return new Fault({
    code: 'github_unreachable',
    message: `GitHub could not be reached: ${withoutPasswords(why)}`,
    remedy: 'Check the network and GITHUB_API_URL.',
    isRetryable: true,
  });
}

function readRetryAt({ response }: RequestError, now: number): number | null {
  const header = (name: string): number => Number(response?.headers[name] ?? Number.NaN);
  if (Number.isFinite(header('retry-after'))) return now + header('retry-after') * 1000;
  return header('x-ratelimit-remaining') === 0 ? header('x-ratelimit-reset') * 1000 || now + 60_000 : null;
}
