// Fetch and push of the git adapter against a real git server on loopback.
import { createGitRepository } from '@levautofix/fixer/adapters/git/git-repository';
import { findGit } from '@levautofix/fixer/adapters/git/find-git';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer, type GitServer } from './git-server.js';

const branch = 'hotfix/auto-0123456789abcdef';
const token = 'ghp_secretsecretsecretsecretsecret0000';
const credentials = { token, host: '127.0.0.1' };
const gitPath = findGit(process.env['PATH']);
let folder: string;
let repo: string;
let bare: string;
let base: string;
let server: GitServer;

function git(cwd: string, ...args: string[]): string {
  const identity = {
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'ann@x',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'ann@x',
  };
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ...identity,
    },
  }).trim();
}

const repositoryWith = (options: Partial<Parameters<typeof createGitRepository>[0]> = {}) =>
  createGitRepository({
    gitPath,
    env: { PATH: process.env['PATH'], HOME: folder },
    fetchCredentials: credentials,
    ...options,
  });

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'levautofix-remote-')));
  server = await startGitServer({ root: join(folder, 'served'), token });
  bare = server.createRepository('ann/shop');
  repo = join(folder, 'shop');
  mkdirSync(repo);
  git(repo, 'init', '-q', '-b', 'main');
  writeFileSync(join(repo, 'a.js'), 'one\n');
  git(repo, 'add', '-A');
  git(repo, 'commit', '-qm', 'first');
  git(repo, 'push', '-q', bare, 'main');
  git(repo, 'remote', 'add', 'origin', `${server.url}/ann/shop.git`);
  base = git(repo, 'rev-parse', 'HEAD');
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Somebody else's commit on a branch of the remote. */
function foreignCommit(onBranch: string, from: string): string {
  const other = mkdtempSync(join(folder, 'other-'));
  git(other, 'clone', '-q', bare, '.');
  git(other, 'checkout', '-qB', onBranch, from);
  writeFileSync(join(other, 'theirs.js'), `${other}\n`);
  git(other, 'add', '-A');
  git(other, 'commit', '-qm', 'theirs');
  git(other, 'push', '-q', 'origin', onBranch);
  return git(other, 'rev-parse', 'HEAD');
}

async function makeFix(content = 'fixed\n'): Promise<string> {
  const repository = repositoryWith();
  const worktree = await repository.prepareWorktree(repo, branch, base);
  writeFileSync(join(worktree.path, 'a.js'), content);
  const made = await repository.commitCandidate(worktree, repo, 'fix');
  return made?.commit ?? '';
}

describe('resolveBase', () => {
  it("takes the remote's newest commit, leaves the local branch alone and fetches nothing else", async () => {
    const newest = foreignCommit('main', 'main');
    foreignCommit('side', 'main');
    expect(await repositoryWith().resolveBase(repo, 'main')).toEqual({
      commit: newest,
      isFetched: true,
      warning: null,
    });
    expect(git(repo, 'for-each-ref', '--format=%(refname) %(objectname)').split('\n')).toEqual([
      `refs/heads/main ${base}`,
      `refs/remotes/origin/main ${newest}`,
    ]);
    expect(git(repo, 'fsck', '--no-dangling')).toBe('');
  });

  it('follows a force-pushed base', async () => {
    await repositoryWith().resolveBase(repo, 'main');
    git(repo, 'commit', '-q', '--amend', '-m', 'rewritten');
    git(repo, 'push', '-qf', bare, 'main');
    expect((await repositoryWith().resolveBase(repo, 'main')).commit).toBe(git(repo, 'rev-parse', 'main'));
  });

  it.each([
    ['hangs', 'hang'],
    ['drops the connection', 'drop'],
    ['refuses', 'refuse'],
  ] as const)('falls back to the local branch with a warning when the remote %s', async (_what, fault) => {
    server.fault = fault;
    const started = Date.now();
    const answer = await repositoryWith({ fetchTimeoutMs: 700 }).resolveBase(repo, 'main');
    expect(answer).toMatchObject({ commit: base, isFetched: false });
    expect(answer.warning).toContain('origin did not answer');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('falls back when the token is wrong or belongs to another host, and never shows it', async () => {
    for (const wrong of [
      { token: 'ghp_wrongwrongwrong', host: '127.0.0.1' },
      { token, host: 'github.com' },
    ]) {
      const answer = await repositoryWith({ fetchCredentials: wrong }).resolveBase(repo, 'main');
      expect(answer.isFetched).toBe(false);
      expect(inspect(answer)).not.toContain(wrong.token);
    }
    expect(server.requests.some(({ isAuthorized }) => isAuthorized)).toBe(false);
  });

  it('stops when the base branch was deleted on the remote', async () => {
    await repositoryWith().resolveBase(repo, 'main');
    git(bare, 'update-ref', '-d', 'refs/heads/main');
    await expect(repositoryWith().resolveBase(repo, 'main')).rejects.toMatchObject({ code: 'base_branch_missing' });
  });

  it('uses a local branch that was never pushed, and says so', async () => {
    git(repo, 'branch', 'feature');
    const answer = await repositoryWith().resolveBase(repo, 'feature');
    expect(answer).toMatchObject({
      commit: base,
      isFetched: false,
      warning: expect.stringContaining('no branch feature') as string,
    });
  });
});

describe('push', () => {
  it('pushes exactly the commit, twice without harm, and nothing else', async () => {
    const commit = await makeFix();
    const repository = repositoryWith();
    await repository.push(repo, branch, commit, credentials);
    await repository.push(repo, branch, commit, credentials);
    expect(git(bare, 'for-each-ref', '--format=%(refname) %(objectname)').split('\n')).toEqual([
      `refs/heads/${branch} ${commit}`,
      `refs/heads/main ${base}`,
    ]);
  });

  it('replaces an earlier fix of its own but never a commit of somebody else', async () => {
    const repository = repositoryWith();
    await repository.push(repo, branch, await makeFix('first try\n'), credentials);
    const second = await makeFix('second try\n');
    await repository.push(repo, branch, second, credentials);
    expect(git(bare, 'rev-parse', branch)).toBe(second);

    const theirs = foreignCommit(branch, `origin/${branch}`);
    const third = await makeFix('third try\n');
    await expect(repository.push(repo, branch, third, credentials)).rejects.toMatchObject({
      code: 'push_foreign_commits',
    });
    git(repo, 'fetch', '-q', bare, branch);
    await expect(repository.push(repo, branch, third, credentials)).rejects.toMatchObject({
      code: 'push_foreign_commits',
    });
    expect(git(bare, 'rev-parse', branch)).toBe(theirs);
  });

  it('names a refused token, a refusing rule and a missing remote, and shows no secret', async () => {
    const commit = await makeFix();
    const repository = repositoryWith();
    const failures: unknown[] = [];
    const fail = async (code: string, by: { token: string; host: string } | null): Promise<void> => {
      const error: unknown = await repository.push(repo, branch, commit, by).catch((fault: unknown) => fault);
      expect(error).toMatchObject({ code, remedy: expect.any(String) as string });
      failures.push(error);
    };
    await fail('push_unauthorized', { token: 'ghp_wrongwrongwrong', host: '127.0.0.1' });
    await fail('push_unauthorized', null);
    writeFileSync(join(bare, 'hooks/pre-receive'), '#!/bin/sh\necho branch names are restricted >&2\nexit 1\n');
    chmodSync(join(bare, 'hooks/pre-receive'), 0o755);
    await fail('push_refused', credentials);
    server.fault = 'drop';
    await fail('remote_unreachable', credentials);
    git(repo, 'remote', 'remove', 'origin');
    await fail('remote_missing', credentials);
    const shown = inspect(failures, { depth: null });
    for (const secret of [token, 'ghp_wrongwrongwrong', Buffer.from(`x-access-token:${token}`).toString('base64')]) {
      expect(shown).not.toContain(secret);
    }
  });

  it('keeps the token out of the arguments and of the repository', async () => {
    const spy = join(folder, 'git');
    writeFileSync(spy, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${folder}/argv'\nexec ${gitPath} "$@"\n`);
    chmodSync(spy, 0o755);
    git(repo, 'remote', 'set-url', 'origin', server.url.replace('//', `//ann:${token}@`) + '/ann/shop.git');
    const repository = repositoryWith({ gitPath: spy });
    const commit = await makeFix();
    await repository.resolveBase(repo, 'main');
    for (const by of [credentials, null]) await repository.push(repo, branch, commit, by);
    expect(readFileSync(join(folder, 'argv'), 'utf8')).toContain('push');
    expect(readFileSync(join(folder, 'argv'), 'utf8')).not.toContain(token);
    expect(execFileSync('sh', ['-c', `grep -rl ${token} . || true`], { cwd: repo, encoding: 'utf8' }).trim()).toBe(
      './.git/config',
    );
  });

  it("uses the user's own credential helper when there is no token", async () => {
    writeFileSync(
      join(folder, '.gitconfig'),
      `[credential]\n\thelper = "!f() { echo username=ann; echo password=${token}; }; f"\n`,
    );
    const commit = await makeFix();
    await repositoryWith({ fetchCredentials: null }).push(repo, branch, commit, null);
    expect(git(bare, 'rev-parse', branch)).toBe(commit);
  });
});
