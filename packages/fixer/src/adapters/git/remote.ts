// Talks to the remote `origin` through a lens, so that nothing but its address is taken from the repository's configuration.
import { Fault } from '@levautofix/service-kit/fault';
import type { PushCredentials } from '../../ports/code-host.js';
import { authorEmail, remoteEnvironment, type OuterEnvironment } from './git-environment.js';
import { quoteGit } from './git-fault.js';
import type { Lens } from './lens.js';
import type { OpenRepository } from './open-repository.js';
import type { GitOutcome } from './run-git.js';

export interface RemoteOptions {
  outer: OuterEnvironment;
  credentials: PushCredentials | null;
  timeoutMs: number;
}

/** The address as configured, which may hold credentials; null when there is no `origin`. */
export async function originUrl(repo: OpenRepository, key: 'url' | 'pushurl' = 'url'): Promise<string | null> {
  const { stdout } = await repo.run(['config', '--get', `remote.origin.${key}`]);
  const url = stdout.toString().trim();
  return url === '' ? null : url;
}

export function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/@]*@/, (whole, scheme: string) => (/^https?:/i.test(scheme) ? scheme : whole));
}

export type FetchResult =
  { kind: 'fetched'; commit: string } | { kind: 'gone' } | { kind: 'unreachable'; reason: string };

/** Brings `refs/remotes/origin/<branch>` up to date; nothing else is fetched, pruned or moved. */
export async function fetchBranch(
  repo: OpenRepository,
  url: string,
  branch: string,
  options: RemoteOptions,
): Promise<FetchResult> {
  const ref = `refs/remotes/origin/${branch}`;
  const known = await repo.run([
    'for-each-ref',
    '--format=%(objectname) %(refname)',
    'refs/remotes/origin',
    'refs/heads',
  ]);
  return withRemote(repo, url, { ...options, refs: known.stdout.toString() }, async (lens) => {
    const fetched = await lens
      .run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', 'origin', `+refs/heads/${branch}:${ref}`], {
        cwd: repo.path,
        timeoutMs: options.timeoutMs,
        isAllowedToFail: true,
      })
      .catch((error: unknown) => {
        if (error instanceof Fault && error.isRetryable) return error;
        throw error;
      });
    if (fetched instanceof Fault) return { kind: 'unreachable', reason: fetched.message };
    if (/couldn't find remote ref/i.test(fetched.stderr)) return { kind: 'gone' };
    if (fetched.exitCode !== 0) return { kind: 'unreachable', reason: quoteGit(fetched.stderr) };
    const commit = (await lens.run(['rev-parse', '--verify', ref])).stdout.toString().trim();
    await repo.run(['update-ref', '-m', 'levautofix: fetch', ref, commit]);
    return { kind: 'fetched', commit };
  });
}

/** Pushes exactly `commit`. A branch that is already there is only moved when every commit lost by it is LevAutoFix's own. */
export async function pushCommit(
  repo: OpenRepository,
  branch: string,
  commit: string,
  options: RemoteOptions,
): Promise<void> {
  const url = (await originUrl(repo, 'pushurl')) ?? (await originUrl(repo));
  if (url === null) {
    throw new Fault({
      code: 'remote_missing',
      message: 'The repository has no remote named origin to push to.',
      remedy: 'Add one (git remote add origin <address>), or use the local code host.',
    });
  }
  const ref = `refs/heads/${branch}`;
  await withRemote(repo, url, options, async (lens) => {
    const call = { cwd: repo.path, timeoutMs: options.timeoutMs, isAllowedToFail: true };
    const listed = await lens.run(['ls-remote', '--refs', 'origin', ref], call);
    if (listed.exitCode !== 0) throw remoteFault(listed, options);
    const there = /^[0-9a-f]+/.exec(listed.stdout.toString())?.[0] ?? '';
    if (there === commit) return;
    if (there !== '') await refuseForeignTip(lens, branch, there, commit);
    const lease = `--force-with-lease=${ref}:${there}`;
    const pushed = await lens.run(['push', '--porcelain', '--no-verify', lease, 'origin', `${commit}:${ref}`], call);
    if (pushed.exitCode !== 0) throw remoteFault(pushed, options);
  });
}

async function refuseForeignTip(lens: Lens, branch: string, there: string, commit: string): Promise<void> {
  const lost = await lens.run(['log', '--format=%ce', there, '--not', commit, '--'], { isAllowedToFail: true });
  const emails = lost.stdout.toString().split('\n').filter(Boolean);
  // A tip that is unknown here cannot have been pushed from here.
  if (lost.exitCode === 0 && emails.every((email) => email === authorEmail)) return;
  throw foreignCommits(branch);
}

function foreignCommits(branch: string): Fault {
  return new Fault({
    code: 'push_foreign_commits',
    message: `The branch ${branch} on the remote holds commits that LevAutoFix did not make; it was left as it is.`,
    remedy: 'Look at that branch: merge it, or delete it on the remote and approve again.',
  });
}

async function withRemote<T>(
  repo: OpenRepository,
  url: string,
  options: RemoteOptions & { refs?: string },
  use: (lens: Lens) => Promise<T>,
): Promise<T> {
  const authorization = authorize(url, options.credentials);
  const address = authorization === null ? url : withoutCredentials(url);
  return repo.withLens(use, {
    env: remoteEnvironment(options.outer, authorization),
    // In a file and not in an argument: an address may hold a password, and arguments show in the list of processes.
    config: `[remote "origin"]\n\turl = "${address.replace(/["\\]/g, '\\$&').replace(/\n/g, '')}"\n`,
    ...(options.refs === undefined ? {} : { refs: options.refs }),
  });
}

/** The token is given to its own host alone, and never unencrypted over a network. */
function authorize(url: string, credentials: PushCredentials | null): { origin: string; header: string } | null {
  if (credentials === null || !/^https?:\/\//i.test(url)) return null;
  const { origin, hostname, protocol } = new URL(url);
  if (hostname.toLowerCase() !== credentials.host.toLowerCase()) return null;
  if (protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return null;
  const basic = Buffer.from(`x-access-token:${credentials.token}`).toString('base64');
  return { origin, header: `Authorization: Basic ${basic}` };
}

function remoteFault(outcome: GitOutcome, { credentials }: RemoteOptions): Fault {
  const said = `${outcome.stdout.toString()}\n${outcome.stderr}`;
  const quoted = quoteGit(outcome.stderr.split(credentials?.token ?? '\0').join('[redacted]'));
  if (/stale info|non-fast-forward|fetch first/i.test(said)) {
    return new Fault({
      code: 'push_rejected',
      message: `The branch on the remote changed at the same moment: ${quoted}`,
      remedy: 'Look at that branch, then approve again.',
    });
  }
  if (
    /authentication failed|could not read (username|password)|permission denied|returned error: 40[13]|access denied|permission to .* denied/i.test(
      said,
    )
  ) {
    return new Fault({
      code: 'push_unauthorized',
      message: `The remote refused the credentials: ${quoted}`,
      remedy:
        'Check GITHUB_TOKEN (it needs write access to contents), or the ssh key or credential helper of this user.',
    });
  }
  if (/remote rejected|protected branch|pre-receive|hook declined/i.test(said)) {
    return new Fault({
      code: 'push_refused',
      message: `The remote refused the branch: ${quoted}`,
      remedy: 'Allow branches named hotfix/auto-* in the rules of the repository, then approve again.',
    });
  }
  return new Fault({
    code: 'remote_unreachable',
    message: `The remote could not be reached: ${quoted}`,
    remedy: 'Check the network and the address of the remote origin.',
    isRetryable: true,
  });
}
