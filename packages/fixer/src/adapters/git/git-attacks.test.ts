// Nine ways to make git run a stranger's program. Each is first shown to work on plain git, then thrown at the whole cycle.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findGit } from './find-git.js';
import { createGitRepository } from './git-repository.js';

const gitPath = findGit(process.env['PATH']);
const branch = 'hotfix/auto-0123456789abcdef';
let folder: string;
let repo: string;
let origin: string;
let canary: string;
let program: string;

const env = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home') });

function git(cwd: string, ...args: string[]): string {
  const identity = {
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@x',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@x',
  };
  return execFileSync(gitPath, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 5000,
    env: { ...env(), ...identity },
  });
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'levautofix-attacks-')));
  [repo, origin, canary, program] = ['shop', 'origin.git', 'canary', 'program'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [repo, join(folder, 'home')]) mkdirSync(path);
  // Works as hook, monitor, filter, driver, signer and ssh alike: it leaves its mark.
  writeFileSync(program, `#!/bin/sh\n: > '${canary}'\n`);
  chmodSync(program, 0o755);
  git(folder, 'init', '-q', '--bare', '-b', 'main', origin);
  git(repo, 'init', '-q', '-b', 'main');
  writeFileSync(join(repo, 'a.js'), 'one\n');
  writeFileSync(join(repo, '.gitattributes'), '*.js filter=x diff=x\n');
  git(repo, 'add', '-A');
  git(repo, 'commit', '-qm', 'first');
  git(repo, 'remote', 'add', 'origin', origin);
  git(repo, 'push', '-q', 'origin', 'main');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Attack {
  name: string;
  /** What the agent changes; it could write everywhere below the repository. */
  rewire(worktree: string): void;
  /** What a person or a careless program does next, and where. */
  careless(worktree: string): [cwd: string, ...args: string[]];
}

const config = (key: string, value: () => string) => (): void => {
  git(repo, 'config', key, value());
};
const admin = (): string => join(repo, '.git/worktrees/auto-0123456789abcdef');

/** A git folder of the attacker's own, whose monitor is the program. */
function hostileGitFolder(path: string): void {
  git(folder, 'init', '-q', '--bare', path);
  git(path, 'config', 'core.fsmonitor', program);
  git(path, 'config', 'core.bare', 'false');
}

const attacks: Attack[] = [
  {
    name: 'a monitor in the shared configuration',
    rewire: config('core.fsmonitor', () => program),
    careless: (path) => [path, 'status'],
  },
  {
    name: 'a hook in the shared hooks folder',
    rewire: () => {
      for (const hook of [
        'pre-commit',
        'post-checkout',
        'reference-transaction',
        'pre-push',
        'post-commit',
        'post-index-change',
      ]) {
        writeFileSync(join(repo, '.git/hooks', hook), readFileSync(program), { mode: 0o755 });
      }
    },
    careless: (path) => [path, 'commit', '-qam', 'x'],
  },
  {
    name: 'a filter in the shared configuration',
    rewire: () => {
      for (const kind of ['clean', 'smudge']) git(repo, 'config', `filter.x.${kind}`, program);
    },
    careless: (path) => [path, 'add', '-A'],
  },
  {
    name: 'a .git file that points into the worktree',
    rewire: (path) => {
      hostileGitFolder(join(path, 'own'));
      rmSync(join(path, '.git'));
      writeFileSync(join(path, '.git'), `gitdir: ${join(path, 'own')}\n`);
    },
    careless: (path) => [path, 'status'],
  },
  {
    name: 'a commondir that points into the worktree',
    rewire: (path) => {
      hostileGitFolder(join(path, 'own'));
      writeFileSync(join(admin(), 'commondir'), join(path, 'own'));
    },
    careless: (path) => [path, `--git-dir=${admin()}`, `--work-tree=${path}`, 'status'],
  },
  {
    name: 'configuration of the worktree alone',
    rewire: () => {
      git(repo, 'config', 'extensions.worktreeConfig', 'true');
      writeFileSync(join(admin(), 'config.worktree'), `[core]\n\tfsmonitor = ${program}\n`);
    },
    careless: (path) => [path, `--git-dir=${admin()}`, `--work-tree=${path}`, 'status'],
  },
  {
    name: 'a bare repository inside the tree',
    rewire: (path) => {
      hostileGitFolder(join(path, 'nested'));
      git(join(path, 'nested'), 'config', 'core.worktree', path);
    },
    careless: (path) => [join(path, 'nested'), 'status'],
  },
  {
    name: 'a diff program, a text converter and a signer',
    rewire: () => {
      for (const key of ['diff.external', 'diff.x.command', 'diff.x.textconv', 'gpg.program'])
        git(repo, 'config', key, program);
      git(repo, 'config', 'commit.gpgSign', 'true');
    },
    careless: (path) => [path, 'diff'],
  },
  {
    name: 'an ssh program, a credential helper and a pack program',
    rewire: () => {
      for (const key of [
        'core.sshCommand',
        'core.askPass',
        'remote.origin.uploadpack',
        'remote.origin.receivepack',
        'core.alternateRefsCommand',
      ]) {
        git(repo, 'config', key, program);
      }
      git(repo, 'config', 'credential.helper', `!${program}`);
    },
    careless: (path) => [path, 'push', 'origin', 'HEAD:refs/heads/x'],
  },
];

it.each(attacks)('$name runs nothing', async ({ rewire, careless }) => {
  const repository = createGitRepository({ gitPath, env: env() });
  const { commit: base } = await repository.resolveBase(repo, 'main');
  const worktree = await repository.prepareWorktree(repo, branch, base);
  rewire(worktree.path);
  writeFileSync(join(worktree.path, 'a.js'), 'fixed\n');

  // The control off: the attack is real.
  const [cwd, ...args] = careless(worktree.path);
  try {
    git(cwd, ...args);
  } catch {
    // What git makes of it does not matter, only what it started.
  }
  expect(existsSync(canary)).toBe(true);
  rmSync(canary);

  // The fixer's whole cycle on the same worktree.
  for (const name of ['own', 'nested']) rmSync(join(worktree.path, name, 'HEAD.lock'), { force: true });
  let made: Awaited<ReturnType<typeof repository.commitCandidate>> = null;
  try {
    made = await repository.commitCandidate(worktree, repo, 'fix');
  } catch (error) {
    expect(error).toMatchObject({ code: 'change_refused' });
  }
  if (made !== null) {
    const { change } = await repository.describeChange(repo, base, made.commit);
    expect(change.diff).toContain('+fixed');
    await repository.exportCommit(repo, made.commit, join(folder, 'export'));
    await repository.moveBranch(repo, branch, made.commit);
    await repository.push(repo, branch, made.commit, null);
    expect(git(origin, 'rev-parse', branch).trim()).toBe(made.commit);
  }
  await repository.resolveBase(repo, 'main');
  await repository.check(repo, 'main');
  await repository.prepareWorktree(repo, 'hotfix/auto-bbbb', base);
  await repository.sweep(repo, []);
  expect(existsSync(canary)).toBe(false);
});

it('a filter of the user for all repositories does not fire either', async () => {
  writeFileSync(join(folder, 'home/.gitconfig'), `[filter "x"]\n\tclean = ${program}\n\tsmudge = ${program}\n`);
  const repository = createGitRepository({ gitPath, env: env() });
  const { commit: base } = await repository.resolveBase(repo, 'main');
  const worktree = await repository.prepareWorktree(repo, branch, base);
  writeFileSync(join(worktree.path, 'a.js'), 'fixed\n');
  await repository.commitCandidate(worktree, repo, 'fix');
  expect(existsSync(canary)).toBe(false);
  git(worktree.path, 'add', '-A');
  expect(existsSync(canary)).toBe(true);
});

it('an address that names a program is not followed', async () => {
  git(repo, 'config', 'remote.origin.url', `ext::${program}`);
  git(repo, 'config', 'protocol.ext.allow', 'always');
  const repository = createGitRepository({ gitPath, env: env() });
  const { warning } = await repository.resolveBase(repo, 'main');
  expect(warning).toContain('did not answer');
  expect(existsSync(canary)).toBe(false);
});
