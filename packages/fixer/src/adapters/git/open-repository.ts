// A repository opened for use: its folders, and the two ways git is run on it.
import { Fault } from '@levautofix/service-kit/fault';
import { realpath } from 'node:fs/promises';
import { findGitFolder } from './checkout-folders.js';
import { localEnvironment, type OuterEnvironment } from './git-environment.js';
import { withLens, type Lens, type LensOptions } from './lens.js';
import type { GitOutcome, RunGit } from './run-git.js';

export interface OpenRepository {
  /** Top folder of the user's checkout, links resolved. */
  path: string;
  gitFolder: string;
  /** Runs git on the user's git folder: for refs and worktrees, which have to change there. Exit code is a value. */
  run(args: string[], input?: string): Promise<GitOutcome>;
  /** Runs git through a lens: for everything that reads or writes files, commits, or talks to a remote. */
  withLens<T>(
    use: (lens: Lens) => Promise<T>,
    options?: Pick<LensOptions, 'config' | 'refs'> & { env?: Record<string, string> },
  ): Promise<T>;
}

/** Git folder -> object format, which never changes; also says that git could read the folder once. */
export type KnownFormats = Map<string, string>;

export async function openRepository(
  runGit: RunGit,
  outer: OuterEnvironment,
  repoPath: string,
  formats: KnownFormats,
): Promise<OpenRepository> {
  const path = await realpath(repoPath).catch(() => repoPath);
  const gitFolder = await findGitFolder(path);
  const env = localEnvironment(outer);
  const run = async (args: string[], input?: string): Promise<GitOutcome> =>
    runGit({
      args,
      cwd: path,
      env: { ...env, GIT_DIR: gitFolder, GIT_COMMON_DIR: gitFolder, GIT_WORK_TREE: path },
      ...(input === undefined ? {} : { input }),
    });
  const objectFormat = formats.get(gitFolder) ?? (await readFormat(run, path));
  formats.set(gitFolder, objectFormat);
  return {
    path,
    gitFolder,
    run,
    withLens: (use, options = {}) => withLens({ runGit, env, gitFolder, objectFormat, ...options }, use),
  };
}

async function readFormat(run: OpenRepository['run'], path: string): Promise<string> {
  const format = await run(['rev-parse', '--show-object-format']);
  if (format.exitCode === 0) return format.stdout.toString().trim();
  throw new Fault({
    code: 'repository_not_git',
    message: `git cannot read the repository at ${path}.`,
    remedy: 'Run "git status" there and repair what it reports.',
  });
}
