// Where a repository keeps its parts on disk: the git folder shared by all worktrees, and each worktree's own.
import { Fault } from '@levautofix/service-kit/fault';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** The shared git folder of a checkout: `.git`, or what a linked checkout's `.git` file leads to. */
export async function findGitFolder(repoPath: string): Promise<string> {
  const gitFolder = await findOwnGitFolder(repoPath);
  const shared = await readFile(join(gitFolder, 'commondir'), 'utf8').catch(() => null);
  return shared === null ? gitFolder : resolve(gitFolder, shared.trim());
}

/** The branch a checkout is on, whether or not it has a commit yet; null when its head is detached. */
export async function readBranch(repoPath: string): Promise<string | null> {
  const head = await readFile(join(await findOwnGitFolder(repoPath), 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? null;
}

async function findOwnGitFolder(repoPath: string): Promise<string> {
  const dotGit = join(repoPath, '.git');
  const kind = await lstat(dotGit).catch(() => null);
  if (kind === null) {
    const isThere = (await lstat(repoPath).catch(() => null)) !== null;
    throw new Fault({
      code: isThere ? 'repository_not_git' : 'repository_missing',
      message: isThere
        ? `${repoPath} is not the top folder of a git checkout.`
        : `The folder ${repoPath} does not exist.`,
      remedy: 'Set the repository path (REPO_PATH or --repo) to the top folder of the checkout, where .git is.',
    });
  }
  return kind.isDirectory() ? dotGit : followPointer(dotGit, repoPath);
}

async function followPointer(dotGit: string, repoPath: string): Promise<string> {
  const target = /^gitdir: (.+)$/m.exec(await readFile(dotGit, 'utf8'))?.[1];
  if (target !== undefined) return resolve(repoPath, target.trim());
  throw new Fault({
    code: 'repository_not_git',
    message: `${dotGit} is neither a git folder nor a pointer to one.`,
    remedy: 'Set the repository path (REPO_PATH or --repo) to the top folder of a working checkout.',
  });
}

/**
 * The administrative folder of a linked worktree, found from the shared side: the worktree's own `.git` file may have been
 * rewritten by whoever worked there.
 */
export async function findWorktreeFolder(gitFolder: string, worktreePath: string): Promise<string | null> {
  const parent = join(gitFolder, 'worktrees');
  for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const pointer = await readFile(join(parent, entry.name, 'gitdir'), 'utf8').catch(() => '');
    // A kill in the first moments leaves one without a pointer; git names it after the worktree, with a number where taken.
    const isUnfinished = pointer === '' && isNamedAfter(entry.name, basename(worktreePath));
    if (isUnfinished || dirname(pointer.trim()) === worktreePath) return join(parent, entry.name);
  }
  return null;
}

function isNamedAfter(name: string, worktreeName: string): boolean {
  return name.startsWith(worktreeName) && /^\d*$/.test(name.slice(worktreeName.length));
}
