// Makes and removes the worktrees of jobs. The user's own checkout, its index and its ignore files are never touched.
import { Fault } from '@levautofix/service-kit/fault';
import { appendFile, lstat, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Worktree } from '../../ports/repository.js';
import { findWorktreeFolder } from './checkout-folders.js';
import { authorEmail } from './git-environment.js';
import { gitFailed, quoteGit } from './git-fault.js';
import type { OpenRepository } from './open-repository.js';
import { removeTree } from './remove-tree.js';

const home = '.worktrees';
const branchPattern = /^hotfix\/auto-[0-9a-z]+(?:-[0-9a-z]+)*$/;

export async function prepareWorktree(
  repo: OpenRepository,
  branch: string,
  baseCommit: string,
  filesFrom: string | null,
): Promise<Worktree> {
  const path = worktreePath(repo, branch);
  await excludeWorktrees(repo);
  await checkParents(repo);
  await dropWorktree(repo, path);
  // The branch belongs to one job, so a lock on it can only be left over from a process that was killed.
  await rm(join(repo.gitFolder, 'refs/heads', `${branch}.lock`), { force: true });
  await refuseForeignCommits(repo, branch, baseCommit);
  await mkdir(dirname(path), { recursive: true });

  const args = ['worktree', 'add', '--quiet', '--no-checkout', '--no-track', '-B', branch, path, baseCommit];
  const added = await repo.run(args);
  if (added.exitCode !== 0) throw addFailed(branch, args, added);

  const folder = await findWorktreeFolder(repo.gitFolder, path);
  if (folder === null) throw gitFailed(args, added);
  await repo.withLens(async (lens) => {
    const view = { workTree: path, env: { GIT_INDEX_FILE: join(folder, 'index') } };
    await lens.run(['read-tree', baseCommit], view);
    if (filesFrom === null) {
      await lens.run(['checkout-index', '--all', '--force', '--index', '--quiet'], view);
      return;
    }
    // The index stays the base's, so that the files read as edits.
    const edits = { workTree: path, env: { GIT_INDEX_FILE: join(folder, 'index.edits') } };
    await lens.run(['read-tree', filesFrom], edits);
    await lens.run(['checkout-index', '--all', '--force', '--quiet'], edits);
    await rm(edits.env.GIT_INDEX_FILE, { force: true });
  });
  return { path, branch, baseCommit };
}

/** The branch goes too unless it is kept, somebody has it checked out, or a person committed to it: the last is answered. */
export async function removeWorktree(
  repo: OpenRepository,
  branch: string,
  keepBranch: boolean,
): Promise<{ foreignHead: string | null }> {
  await dropWorktree(repo, worktreePath(repo, branch));
  await rmdir(join(repo.path, home, 'hotfix')).catch(() => undefined);
  await rmdir(join(repo.path, home)).catch(() => undefined);
  if (keepBranch) return { foreignHead: null };
  const own = await listOwnCommits(repo, branch);
  // Already gone, or not to be read: then nothing is known that would allow to delete it.
  if (own === null) return { foreignHead: null };
  if (own.some(({ email }) => email !== authorEmail)) return { foreignHead: own[0]?.commit ?? null };
  await repo.run(['branch', '--quiet', '-D', '--', branch]);
  return { foreignHead: null };
}

/** Branches of hotfix worktrees that are registered or lie on disk. */
export async function listWorktreeBranches(repo: OpenRepository): Promise<string[]> {
  const names = await readdir(join(repo.path, home, 'hotfix')).catch(() => []);
  return names.map((name) => `hotfix/${name}`).filter((branch) => branchPattern.test(branch));
}

/** True when the branch holds no commit that another branch, tag or remote does not hold as well. */
export async function isBranchEmpty(repo: OpenRepository, branch: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const own = await repo.run([
    'rev-list',
    '-n',
    '1',
    ref,
    '--not',
    `--exclude=${branch}`,
    '--branches',
    '--tags',
    '--remotes',
  ]);
  return own.exitCode === 0 && own.stdout.length === 0;
}

export function worktreePath(repo: OpenRepository, branch: string): string {
  if (branchPattern.test(branch)) return join(repo.path, home, branch);
  throw new Fault({
    code: 'branch_name_refused',
    message: `"${branch}" is not the name of a hotfix branch.`,
    remedy: 'Only branches named hotfix/auto-<digits> belong to jobs; check where this name came from.',
  });
}

async function dropWorktree(repo: OpenRepository, path: string): Promise<void> {
  await checkParents(repo);
  await removeTree(path);
  // By hand and not by `git worktree remove`: that one stops at locks, missing folders and half-written files.
  for (let folder; (folder = await findWorktreeFolder(repo.gitFolder, path)) !== null;) await removeTree(folder);
  // As git does with the last one; it fails while others are there.
  await rmdir(join(repo.gitFolder, 'worktrees')).catch(() => undefined);
}

/** In `.git/info/exclude`, which no commit ever carries. */
async function excludeWorktrees(repo: OpenRepository): Promise<void> {
  const file = join(repo.gitFolder, 'info/exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.split('\n').some((line) => line.trim() === `${home}/`)) return;
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${home}/\n`);
}

/** A repository can carry a link named `.worktrees`; behind it may lie anything. */
async function checkParents(repo: OpenRepository): Promise<void> {
  for (const folder of [home, `${home}/hotfix`]) {
    const kind = await lstat(join(repo.path, folder)).catch(() => null);
    if (kind === null || kind.isDirectory()) continue;
    throw new Fault({
      code: 'worktree_folder_refused',
      message: `${join(repo.path, folder)} is not a folder.`,
      remedy: 'Remove it from the repository: LevAutoFix keeps its worktrees in a folder of that name.',
    });
  }
}

/** Commits that no other branch, tag or remote holds, newest first; null when there is no such branch. */
async function listOwnCommits(
  repo: OpenRepository,
  branch: string,
): Promise<{ commit: string; email: string }[] | null> {
  const elsewhere = ['--not', `--exclude=${branch}`, '--branches', '--tags', '--remotes'];
  const log = await repo.run(['log', '--format=%H %ce', `refs/heads/${branch}`, ...elsewhere]);
  if (log.exitCode !== 0) return null;
  const lines = log.stdout.toString().split('\n').filter(Boolean);
  return lines.map((line) => ({ commit: line.split(' ', 1)[0] ?? '', email: line.slice(line.indexOf(' ') + 1) }));
}

async function refuseForeignCommits(repo: OpenRepository, branch: string, baseCommit: string): Promise<void> {
  const log = await repo.run(['log', '--format=%ce', `refs/heads/${branch}`, '--not', baseCommit, '--']);
  const emails = log.exitCode === 0 ? log.stdout.toString().split('\n').filter(Boolean) : [];
  // Commits that came in with the base branch are reachable elsewhere; only what the branch alone holds would be lost.
  if (emails.every((email) => email === authorEmail) || (await isBranchEmpty(repo, branch))) return;
  throw new Fault({
    code: 'branch_has_foreign_commits',
    message: `The branch ${branch} holds commits that LevAutoFix did not make.`,
    remedy: `Rename it (git branch -m ${branch} <other name>) or delete it, then start the job again.`,
  });
}

function addFailed(branch: string, args: string[], outcome: Parameters<typeof gitFailed>[1]): Fault {
  if (!/already (checked out|used by worktree)/.test(outcome.stderr)) return gitFailed(args, outcome);
  return new Fault({
    code: 'branch_checked_out',
    message: `The branch ${branch} is checked out elsewhere: ${quoteGit(outcome.stderr)}`,
    remedy: 'Switch that checkout to another branch, then start the job again.',
  });
}
