// The repository port on top of git.
import { Fault } from '@levautofix/service-kit/fault';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PushCredentials } from '../../ports/code-host.js';
import type { Repository } from '../../ports/repository.js';
import { readBranch } from './checkout-folders.js';
import { commitCandidate } from './commit-candidate.js';
import { commitRevert } from './commit-revert.js';
import { describeChange } from './describe-change.js';
import type { OuterEnvironment } from './git-environment.js';
import { findEqual, findRevert } from './find-commits.js';
import { gitFailed, quoteGit } from './git-fault.js';
import { sweepLenses } from './lens.js';
import { lineHistory } from './line-history.js';
import { openRepository, type KnownFormats, type OpenRepository } from './open-repository.js';
import { fetchBranch, originUrl, pushCommit, withoutCredentials } from './remote.js';
import { createRunGit } from './run-git.js';
import { isBranchEmpty, listWorktreeBranches, prepareWorktree, removeWorktree } from './worktrees.js';

export interface GitRepositoryOptions {
  /** Absolute path of git; see `findGit`. */
  gitPath: string;
  /** The process environment. Only what reaching a remote needs (PATH, HOME, ssh agent, proxy) is taken from it. */
  env: OuterEnvironment;
  /** Used to fetch; without them the user's own ssh agent or credential helper answers. */
  fetchCredentials?: PushCredentials | null;
  /** Longest wait for a fetch. Default 20 s. */
  fetchTimeoutMs?: number;
  /** Longest wait for a push. Default 120 s. */
  pushTimeoutMs?: number;
}

/** Older lenses were left by a killed process: a lens lives for a few commands, and each has a deadline of two minutes. */
const lensLifetimeMs = 900_000;

/** Newest first, when a branch is looked for in vain. */
const branchesNamed = 10;

export function createGitRepository(options: GitRepositoryOptions): Repository {
  const { env: outer, fetchCredentials = null, fetchTimeoutMs = 20_000, pushTimeoutMs = 120_000 } = options;
  const runGit = createRunGit(options.gitPath);
  const formats: KnownFormats = new Map();
  const open = async (repoPath: string): Promise<OpenRepository> => openRepository(runGit, outer, repoPath, formats);
  const localBase = async (repo: OpenRepository, baseBranch: string): Promise<string | null> =>
    (await findCommit(repo, `refs/heads/${baseBranch}`)) ?? findCommit(repo, `refs/remotes/origin/${baseBranch}`);

  return {
    async check(repoPath, baseBranch) {
      const repo = await open(repoPath);
      if ((await localBase(repo, baseBranch)) !== null) return;
      // A clone of one branch knows no other until it asks.
      const url = await originUrl(repo);
      const remote = { outer, credentials: fetchCredentials, timeoutMs: fetchTimeoutMs };
      if (url !== null && (await fetchBranch(repo, url, baseBranch, remote)).kind === 'fetched') return;
      const { stdout } = await repo.run(['for-each-ref', '--count=1', 'refs/heads', 'refs/remotes']);
      throw stdout.length > 0
        ? await baseGone(repo, baseBranch)
        : new Fault({
            code: 'repository_empty',
            message: `The repository at ${repo.path} has no commits.`,
            remedy: 'Make a first commit, then start again.',
          });
    },

    async currentBranch(repoPath) {
      return readBranch((await open(repoPath)).path);
    },

    async resolveBase(repoPath, baseBranch) {
      const repo = await open(repoPath);
      const url = await originUrl(repo);
      const local = await localBase(repo, baseBranch);
      if (url === null) {
        if (local === null) throw await baseGone(repo, baseBranch);
        return { commit: local, isFetched: false, warning: null };
      }
      const remote = { outer, credentials: fetchCredentials, timeoutMs: fetchTimeoutMs };
      const result = await fetchBranch(repo, url, baseBranch, remote);
      if (result.kind === 'fetched') return { commit: result.commit, isFetched: true, warning: null };
      const wasThere = (await findCommit(repo, `refs/remotes/origin/${baseBranch}`)) !== null;
      if (local === null || (result.kind === 'gone' && wasThere)) throw await baseGone(repo, baseBranch);
      const why =
        result.kind === 'gone' ? `origin has no branch ${baseBranch}` : `origin did not answer (${result.reason})`;
      return { commit: local, isFetched: false, warning: `${why}; the local branch ${baseBranch} is used as it is.` };
    },

    async prepareWorktree(repoPath, branch, baseCommit, { filesFrom } = { filesFrom: null }) {
      return prepareWorktree(await open(repoPath), branch, baseCommit, filesFrom);
    },

    async exportCommit(repoPath, commit, folder) {
      const repo = await open(repoPath);
      await mkdir(folder, { recursive: true });
      await repo.withLens(async (lens) => {
        await lens.run(['read-tree', commit]);
        await lens.run(['checkout-index', '--all', '--quiet', `--prefix=${resolve(folder)}/`]);
      });
    },

    async commitCandidate(worktree, repoPath, message) {
      return commitCandidate(await open(repoPath), worktree, message);
    },

    async describeChange(repoPath, baseCommit, commit) {
      return describeChange(await open(repoPath), baseCommit, commit);
    },

    async moveBranch(repoPath, branch, commit) {
      const repo = await open(repoPath);
      const ref = `refs/heads/${branch}`;
      const old = (await findCommit(repo, ref)) ?? '0'.repeat(commit.length);
      const args = ['update-ref', '-m', 'levautofix: verified', ref, commit, old];
      const moved = await repo.run(args);
      if (moved.exitCode !== 0) throw gitFailed(args, moved);
    },

    async removeWorktree(repoPath, branch, { keepBranch }) {
      return removeWorktree(await open(repoPath), branch, keepBranch);
    },

    async sweep(repoPath, ownedBranches) {
      const repo = await open(repoPath);
      const left = (await listWorktreeBranches(repo)).filter((branch) => !ownedBranches.includes(branch));
      for (const branch of left) await removeWorktree(repo, branch, !(await isBranchEmpty(repo, branch)));
      await sweepLenses(repo.gitFolder, Date.now() - lensLifetimeMs);
      return left.length;
    },

    async push(repoPath, branch, commit, credentials) {
      await pushCommit(await open(repoPath), branch, commit, { outer, credentials, timeoutMs: pushTimeoutMs });
    },

    async readFile(repoPath, commit, path) {
      if (/^\.{0,2}\//.test(path)) return null;
      const repo = await open(repoPath);
      return repo.withLens(async (lens) => {
        const blob = await lens.run(['cat-file', 'blob', `${commit}:${path}`], { isAllowedToFail: true });
        return blob.exitCode === 0 ? blob.stdout.toString() : null;
      });
    },

    async listFiles(repoPath, commit) {
      const repo = await open(repoPath);
      return repo.withLens(async (lens) =>
        (await lens.run(['ls-tree', '-r', '-z', '--name-only', commit])).stdout.toString().split('\0').filter(Boolean),
      );
    },

    async resolveCommit(repoPath, name) {
      // No ranges, reflogs or options: a release name comes from outside.
      if (!/^\w[\w./+-]*$/.test(name) || name.includes('..')) return null;
      const repo = await open(repoPath);
      return (await findCommit(repo, name)) ?? findCommit(repo, `refs/tags/v${name}`);
    },

    async isAncestor(repoPath, ancestor, descendant) {
      const repo = await open(repoPath);
      const args = ['rev-list', '-n', '1', ancestor, '--not', descendant, '--'];
      const outside = await repo.run(args);
      if (outside.exitCode !== 0) throw gitFailed(args, outside);
      return outside.stdout.length === 0;
    },

    async findEqual(repoPath, commit, tip) {
      return findEqual(await open(repoPath), commit, tip);
    },

    async findRevert(repoPath, commits, tip) {
      return findRevert(await open(repoPath), commits, tip);
    },

    async lineHistory(repoPath, commit, lines, limit) {
      return lineHistory(await open(repoPath), commit, lines, limit);
    },

    async commitRevert(repoPath, commit, tip, title) {
      return commitRevert(await open(repoPath), commit, tip, title);
    },

    async remoteUrl(repoPath) {
      const url = await originUrl(await open(repoPath));
      return url === null ? null : withoutCredentials(url);
    },
  };
}

async function findCommit(repo: OpenRepository, name: string): Promise<string | null> {
  const found = await repo.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  return found.exitCode === 0 ? found.stdout.toString().trim() : null;
}

async function baseGone(repo: OpenRepository, baseBranch: string): Promise<Fault> {
  const { stdout } = await repo.run([
    'for-each-ref',
    '--sort=-committerdate',
    '--format=%(refname:short)',
    'refs/heads',
  ]);
  const branches = stdout
    .toString()
    .split('\n')
    .filter((name) => name !== '' && !name.startsWith('hotfix/auto-'));
  const named = branches.length > 0 ? `; there are ${quoteGit(branches.slice(0, branchesNamed).join(', '))}` : '';
  return new Fault({
    code: 'base_branch_missing',
    message: `The base branch ${quoteGit(baseBranch)} does not exist in ${repo.path} or was deleted on its remote.`,
    remedy: `Set BASE_BRANCH to the branch that fixes should go to${named}.`,
  });
}
