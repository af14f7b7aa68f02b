// The repository port on real repositories.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitRepository } from './git-repository.js';
import { findGit } from './find-git.js';

const branch = 'hotfix/auto-0123456789abcdef';
const gitPath = findGit(process.env['PATH']);
const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
const repository = createGitRepository({ gitPath, env });
let folder: string;
let repo: string;
let base: string;

function git(cwd: string, ...args: string[]): string {
  return execFileSync(gitPath, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.test',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.test',
    },
  });
}

function write(root: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function commitAll(cwd: string, message: string): string {
  git(cwd, 'add', '-A');
  git(cwd, 'commit', '-qm', message);
  return git(cwd, 'rev-parse', 'HEAD').trim();
}

/** What a user could notice of their checkout. */
function userState(): unknown {
  const index = createHash('sha256')
    .update(readFileSync(join(repo, '.git/index')))
    .digest('hex');
  return { index, head: readFileSync(join(repo, '.git/HEAD'), 'utf8'), status: git(repo, 'status', '--porcelain') };
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'levautofix-repository-')));
  repo = join(folder, 'shop');
  mkdirSync(repo);
  git(repo, 'init', '-q', '-b', 'main');
  write(repo, { 'a.js': 'one\n', 'src/b.js': 'two\n', '.gitignore': 'dist/\n*.log\n', 'run.sh': 'echo\n' });
  chmodSync(join(repo, 'run.sh'), 0o755);
  base = commitAll(repo, 'first');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function candidate(edit: (path: string) => void): Promise<{ commit: string; tree: string } | null> {
  const worktree = await repository.prepareWorktree(repo, branch, base);
  edit(worktree.path);
  return repository.commitCandidate(worktree, repo, 'fix: guard\n\nmore');
}

describe('check', () => {
  it.each([
    ['a missing folder', 'repository_missing', () => join(folder, 'nowhere'), 'main'],
    ['a plain folder', 'repository_not_git', () => folder, 'main'],
    ['a base branch that is gone', 'base_branch_missing', () => repo, 'trunk'],
  ])('names %s with a remedy', async (_what, code, path, baseBranch) => {
    await expect(repository.check(path(), baseBranch)).rejects.toMatchObject({
      code,
      remedy: expect.any(String) as string,
    });
  });

  it('names a repository without commits', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    git(empty, 'init', '-q', '-b', 'main');
    await expect(repository.check(empty, 'main')).rejects.toMatchObject({ code: 'repository_empty' });
  });

  it('names the branches there are instead, but for its own', async () => {
    git(repo, 'branch', branch);
    git(repo, 'branch', 'develop');
    await expect(repository.check(repo, 'trunk')).rejects.toMatchObject({
      remedy: 'Set BASE_BRANCH to the branch that fixes should go to; there are develop, main.',
    });
  });

  it('passes a base branch that only the remote has', async () => {
    git(repo, 'branch', 'trunk');
    const clone = join(folder, 'clone');
    git(folder, 'clone', '-q', '--single-branch', repo, clone);
    await repository.check(clone, 'trunk');
    await expect(repository.check(clone, 'nowhere')).rejects.toMatchObject({ code: 'base_branch_missing' });
  });

  it('passes a detached and dirty checkout', async () => {
    git(repo, 'checkout', '-q', '--detach');
    write(repo, { 'a.js': 'dirty\n' });
    await repository.check(repo, 'main');
  });
});

describe('currentBranch', () => {
  it('is the branch of the checkout, of a linked one too, and null for a detached head', async () => {
    git(repo, 'checkout', '-q', '-b', 'release/2.x');
    expect(await repository.currentBranch(repo)).toBe('release/2.x');
    const linked = join(folder, 'linked');
    git(repo, 'worktree', 'add', '-q', '-b', 'side', linked);
    expect(await repository.currentBranch(linked)).toBe('side');
    git(repo, 'checkout', '-q', '--detach');
    expect(await repository.currentBranch(repo)).toBeNull();
  });
});

describe('prepareWorktree', () => {
  it('makes a clean worktree on its own branch and leaves a dirty checkout alone', async () => {
    write(repo, { 'a.js': 'dirty\n', 'staged.js': 'x\n' });
    git(repo, 'add', 'staged.js');
    const before = userState();
    const worktree = await repository.prepareWorktree(repo, branch, base);
    expect(worktree).toEqual({ path: join(repo, '.worktrees', branch), branch, baseCommit: base });
    expect(readFileSync(join(worktree.path, 'a.js'), 'utf8')).toBe('one\n');
    expect(git(worktree.path, 'status', '--porcelain', '--branch')).toBe(`## ${branch}\n`);
    expect(userState()).toEqual(before);
    expect(readFileSync(join(repo, '.gitignore'), 'utf8')).toBe('dist/\n*.log\n');
    expect(lstatSync(join(worktree.path, 'run.sh')).mode & 0o777).toBe(0o755);
  });

  it('names the worktrees in .git/info/exclude once', async () => {
    writeFileSync(join(repo, '.git/info/exclude'), '# mine');
    await repository.prepareWorktree(repo, branch, base);
    await repository.prepareWorktree(repo, branch, base);
    expect(readFileSync(join(repo, '.git/info/exclude'), 'utf8')).toBe('# mine\n.worktrees/\n');
  });

  it('repairs what a kill left behind: stale locks, a half-made worktree, a lost folder, a detached head', async () => {
    const { path } = await repository.prepareWorktree(repo, branch, base);
    const admin = join(repo, '.git/worktrees/auto-0123456789abcdef');
    const damages: (() => void)[] = [
      () => {
        writeFileSync(join(admin, 'index.lock'), '');
      },
      () => {
        writeFileSync(join(admin, 'locked'), 'initializing');
      },
      () => {
        writeFileSync(join(repo, `.git/refs/heads/${branch}.lock`), '');
      },
      () => {
        rmSync(path, { recursive: true });
      },
      () => {
        rmSync(join(path, '.git'));
      },
      () => {
        git(path, 'checkout', '-q', '--detach');
      },
      () => {
        rmSync(join(admin, 'HEAD'));
      },
      () => {
        rmSync(admin, { recursive: true });
      },
      () => {
        rmSync(join(admin, 'gitdir'));
      },
      () => {
        write(path, { 'a.js': 'half\n', 'rest/x.js': '\n' });
      },
    ];
    for (const damage of damages) {
      damage();
      await repository.prepareWorktree(repo, branch, base);
      expect(git(path, 'status', '--porcelain', '--branch')).toBe(`## ${branch}\n`);
      expect(git(repo, 'worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(2);
      expect(readdirSync(join(repo, '.git/worktrees'))).toHaveLength(1);
    }
  });

  it('refuses a branch that holds commits of other people, or that is checked out elsewhere', async () => {
    git(repo, 'checkout', '-qb', branch);
    await expect(repository.prepareWorktree(repo, branch, base)).rejects.toMatchObject({ code: 'branch_checked_out' });
    write(repo, { 'a.js': 'mine\n' });
    commitAll(repo, 'mine');
    git(repo, 'checkout', '-q', 'main');
    await expect(repository.prepareWorktree(repo, branch, base)).rejects.toMatchObject({
      code: 'branch_has_foreign_commits',
    });
  });

  it('refuses a repository that carries a link named .worktrees', async () => {
    mkdirSync(join(folder, 'outside/hotfix/auto-0123456789abcdef'), { recursive: true });
    symlinkSync(join(folder, 'outside'), join(repo, '.worktrees'));
    await expect(repository.prepareWorktree(repo, branch, base)).rejects.toMatchObject({
      code: 'worktree_folder_refused',
    });
    await expect(repository.removeWorktree(repo, branch, { keepBranch: false })).rejects.toMatchObject({
      code: 'worktree_folder_refused',
    });
    expect(existsSync(join(folder, 'outside/hotfix/auto-0123456789abcdef'))).toBe(true);
  });

  it('lays the files of an earlier attempt on the base', async () => {
    const first = await candidate((path) => {
      write(path, { 'a.js': 'first try\n', 'new.js': 'x\n' });
      rmSync(join(path, 'src/b.js'));
    });
    const worktree = await repository.prepareWorktree(repo, branch, base, { filesFrom: first!.commit });
    expect(git(worktree.path, 'rev-parse', 'HEAD').trim()).toBe(base);
    expect(git(worktree.path, 'status', '--porcelain')).toBe(' M a.js\n D src/b.js\n?? new.js\n');
    expect((await repository.commitCandidate(worktree, repo, 'fix'))?.tree).toBe(first!.tree);
  });

  it('takes no name that leads elsewhere', async () => {
    await expect(repository.prepareWorktree(repo, 'hotfix/auto-../../../x', base)).rejects.toMatchObject({
      code: 'branch_name_refused',
    });
  });
});

describe('commitCandidate', () => {
  it('records edits, additions, deletions, modes and links on top of the base, and moves nothing', async () => {
    const before = userState();
    const made = await candidate((path) => {
      write(path, { 'a.js': 'fixed\n', 'new dir/ü "q".js': 'new\n', '"quoted".js': 'q\n', 'run.sh': 'echo\n' });
      chmodSync(join(path, 'run.sh'), 0o644);
      chmodSync(join(path, 'a.js'), 0o755);
      rmSync(join(path, 'src'), { recursive: true });
      writeFileSync(join(path, 'src'), 'a file now\n');
      symlinkSync('a.js', join(path, 'link'));
    });
    expect(made).not.toBeNull();
    const { commit, tree } = made!;
    expect(git(repo, 'rev-parse', `${commit}^`, `${commit}^{tree}`).trim().split('\n')).toEqual([base, tree]);
    expect(git(repo, 'log', '-1', '--format=%an <%ae> %cn <%ce>%n%B', commit)).toBe(
      'LevAutoFix <levautofix@localhost> LevAutoFix <levautofix@localhost>\nfix: guard\n\nmore\n\n',
    );
    expect(
      git(repo, '-c', 'core.quotePath=false', 'diff', '--raw', '--no-renames', '--no-abbrev', '-z', base, commit)
        .split('\0')
        .filter((field) => !field.startsWith(':')),
    ).toEqual(['"quoted".js', 'a.js', 'link', 'new dir/ü "q".js', 'run.sh', 'src', 'src/b.js', '']);
    expect(
      git(repo, 'ls-tree', '-r', commit, 'link', 'a.js', 'run.sh')
        .split('\n')
        .map((line) => line.slice(0, 6)),
    ).toEqual(['100755', '120000', '100644', '']);
    expect(git(repo, 'cat-file', 'blob', `${commit}:link`)).toBe('a.js');
    expect(git(repo, 'rev-parse', branch).trim()).toBe(base);
    expect(userState()).toEqual(before);
  });

  it('answers null for a worktree without a difference, touched files included', async () => {
    expect(
      await candidate((path) => {
        writeFileSync(join(path, 'a.js'), 'one\n');
      }),
    ).toBeNull();
  });

  it('sees an edit of the same length in the second in which the file was checked out', async () => {
    const made = await candidate((path) => {
      const index = git(path, 'rev-parse', '--git-path', 'index').trim();
      // As if that second were over: git compares whole seconds, and the time of the index with them.
      const past = Math.floor(Date.now() / 1000) - 10;
      utimesSync(join(path, 'a.js'), past, past);
      git(path, 'update-index', '--refresh');
      utimesSync(resolve(path, index), past, past);
      writeFileSync(join(path, 'a.js'), 'two\n');
      utimesSync(join(path, 'a.js'), past, past);
    });
    expect(git(repo, 'diff', '--name-only', base, made!.commit).trim()).toBe('a.js');
  });

  it('leaves out node_modules, excluded files and what the base commit ignores, whatever .gitignore says now', async () => {
    const made = await candidate((path) => {
      write(path, {
        '.gitignore': 'secret.js\n',
        'secret.js': 'x\n',
        'dist/out.js': 'x\n',
        'deep/er/x.log': 'x\n',
        'node_modules/m/i.js': 'x\n',
        'p/node_modules/i.js': 'x\n',
      });
    });
    expect(git(repo, 'diff', '--name-only', base, made!.commit).trim().split('\n')).toEqual([
      '.gitignore',
      'secret.js',
    ]);
  });

  it.each<[string, (path: string) => void]>([
    [
      'a link out of the worktree',
      (path) => {
        symlinkSync('/etc/passwd', join(path, 'x'));
      },
    ],
    [
      'a relative link out of the worktree',
      (path) => {
        symlinkSync('../../../../..', join(path, 'x'));
      },
    ],
    [
      'a link through another link',
      (path) => {
        symlinkSync('src/../../../../.git', join(path, 'x'));
      },
    ],
    [
      'a hard link',
      (path) => {
        writeFileSync(join(folder, 'key'), 'k');
        linkSync(join(folder, 'key'), join(path, 'x'));
      },
    ],
    [
      'a pipe in place of a file',
      (path) => {
        rmSync(join(path, 'a.js'));
        execFileSync('mkfifo', [join(path, 'a.js')]);
      },
    ],
    [
      'a repository inside',
      (path) => {
        mkdirSync(join(path, 'in'));
        git(join(path, 'in'), 'init', '-q');
        write(path, { 'in/x.js': 'x' });
        commitAll(join(path, 'in'), 'x');
      },
    ],
    [
      'a name with a line break',
      (path) => {
        writeFileSync(join(path, 'x\ny'), '');
      },
    ],
    [
      'a name with a leading dash',
      (path) => {
        writeFileSync(join(path, '-rf'), '');
      },
    ],
    [
      'a setuid file',
      (path) => {
        writeFileSync(join(path, 'x'), '');
        chmodSync(join(path, 'x'), 0o4755);
      },
    ],
    [
      'a huge file',
      (path) => {
        writeFileSync(join(path, 'x'), Buffer.alloc(11 * 1024 * 1024));
      },
    ],
  ])('refuses %s', async (_what, edit) => {
    await expect(candidate(edit)).rejects.toMatchObject({
      code: 'change_refused',
      remedy: expect.any(String) as string,
    });
  });

  it('takes new files in a repository that ignores nothing', async () => {
    git(repo, 'rm', '-q', '.gitignore');
    base = commitAll(repo, 'ignore nothing');
    const made = await candidate((path) => {
      write(path, { 'new.js': 'x\n' });
    });
    expect(git(repo, 'diff', '--name-only', base, made!.commit)).toBe('new.js\n');
  });

  it('does not read files behind a folder that was replaced by a link', async () => {
    write(folder, { 'outside/b.js': 'foreign secret\n' });
    await expect(
      candidate((path) => {
        rmSync(join(path, 'src'), { recursive: true });
        symlinkSync(join(folder, 'outside'), join(path, 'src'));
      }),
    ).rejects.toMatchObject({ code: 'change_refused' });
    const made = await candidate((path) => {
      write(path, { 'other/b.js': 'not what it seems\n' });
      rmSync(join(path, 'src'), { recursive: true });
      symlinkSync('other', join(path, 'src'));
    });
    expect(git(repo, 'diff', '--name-status', '--no-renames', base, made!.commit)).toBe(
      'A\tother/b.js\nA\tsrc\nD\tsrc/b.js\n',
    );
  });

  it('does not read behind such a link when it is ignored itself', async () => {
    write(folder, { 'outside/b.js': 'foreign secret\n' });
    write(repo, { '.gitignore': 'src\n' });
    base = commitAll(repo, 'ignore a folder that is tracked');
    const made = await candidate((path) => {
      rmSync(join(path, 'src'), { recursive: true });
      symlinkSync(join(folder, 'outside'), join(path, 'src'));
    });
    expect(git(repo, 'diff', '--name-status', base, made!.commit)).toBe('D\tsrc/b.js\n');
  });

  it('keeps the bytes of files whose attributes ask for conversion', async () => {
    write(repo, { '.gitattributes': '* text eol=crlf\n*.id ident\n', 'x.id': '$Id$\n' });
    base = commitAll(repo, 'attributes');
    const made = await candidate((path) => {
      expect(readFileSync(join(path, 'a.js'), 'utf8')).toBe('one\n');
      write(path, { 'a.js': 'crlf\r\n' });
    });
    expect(await repository.readFile(repo, made!.commit, 'a.js')).toBe('crlf\r\n');
    expect(git(repo, 'diff', '--name-only', base, made!.commit)).toBe('a.js\n');
  });
});

describe('describeChange', () => {
  it('hashes the exact bytes of the plain diff and counts lines, renames and binary files', async () => {
    write(repo, { 'long.js': 'line\n'.repeat(30), 'old.js': 'x\n' });
    base = commitAll(repo, 'more');
    const made = await candidate((path) => {
      write(path, {
        'moved.js': `${'line\n'.repeat(30)}more\n`,
        'a.js': 'one\ntwo\n',
        'pic.bin': '\0\x01',
        'ünï.js': 'u\n',
      });
      rmSync(join(path, 'long.js'));
      rmSync(join(path, 'old.js'));
    });
    const { change, diffHash } = await repository.describeChange(repo, base, made!.commit);
    const plain = git(
      repo,
      'diff',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      '--full-index',
      '--binary',
      base,
      made!.commit,
    );
    expect(change.diff).toBe(plain);
    expect(diffHash).toBe(`sha256:${createHash('sha256').update(plain).digest('hex')}`);
    expect(change.files).toEqual([
      {
        path: 'a.js',
        oldPath: null,
        kind: 'modified',
        mode: '100644',
        linesAdded: 1,
        linesDeleted: 0,
        isBinary: false,
      },
      {
        path: 'moved.js',
        oldPath: 'long.js',
        kind: 'renamed',
        mode: '100644',
        linesAdded: 1,
        linesDeleted: 0,
        isBinary: false,
      },
      {
        path: 'old.js',
        oldPath: null,
        kind: 'deleted',
        mode: '000000',
        linesAdded: 0,
        linesDeleted: 1,
        isBinary: false,
      },
      { path: 'pic.bin', oldPath: null, kind: 'added', mode: '100644', linesAdded: 0, linesDeleted: 0, isBinary: true },
      { path: 'ünï.js', oldPath: null, kind: 'added', mode: '100644', linesAdded: 1, linesDeleted: 0, isBinary: false },
    ]);
    expect(change).toMatchObject({ linesAdded: 3, linesDeleted: 1 });
  });

  it('hides nothing behind attributes', async () => {
    const made = await candidate((path) => {
      write(path, { '.gitattributes': '*.js -diff\n', 'a.js': 'evil\n' });
    });
    const { change } = await repository.describeChange(repo, base, made!.commit);
    expect(change.diff).toContain('+evil');
  });
});

describe('exportCommit', () => {
  it('writes exactly the files of the commit, without .git', async () => {
    const made = await candidate((path) => {
      write(path, { 'a.js': 'fixed\n', '.gitattributes': 'a.js export-ignore\n' });
    });
    await repository.exportCommit(repo, made!.commit, join(folder, 'out/here'));
    expect(
      execFileSync('find', ['.', '-type', 'f'], { cwd: join(folder, 'out/here'), encoding: 'utf8' })
        .trim()
        .split('\n')
        .sort(),
    ).toEqual(['./.gitattributes', './.gitignore', './a.js', './run.sh', './src/b.js']);
    expect(readFileSync(join(folder, 'out/here/a.js'), 'utf8')).toBe('fixed\n');
  });
});

describe('the end of a job', () => {
  it('moves the branch to the verified commit and keeps it when the worktree goes', async () => {
    const made = await candidate((path) => {
      write(path, { 'a.js': 'fixed\n' });
    });
    await repository.moveBranch(repo, branch, made!.commit);
    await repository.removeWorktree(repo, branch, { keepBranch: true });
    expect(git(repo, 'rev-parse', branch).trim()).toBe(made!.commit);
    expect(existsSync(join(repo, '.worktrees'))).toBe(false);
    expect(existsSync(join(repo, '.git/worktrees'))).toBe(false);
    await repository.prepareWorktree(repo, branch, base);
    await repository.removeWorktree(repo, branch, { keepBranch: false });
    expect(git(repo, 'branch', '--list', 'hotfix/*')).toBe('');
    await repository.removeWorktree(repo, branch, { keepBranch: false });
  });

  it('keeps a branch that a person committed to, and says so', async () => {
    const made = await candidate((path) => {
      write(path, { 'a.js': 'fixed\n' });
    });
    await repository.moveBranch(repo, branch, made!.commit);
    const tree = git(repo, 'rev-parse', `${made!.commit}^{tree}`).trim();
    const theirs = git(repo, 'commit-tree', tree, '-p', made!.commit, '-m', 'By hand').trim();
    git(repo, 'update-ref', `refs/heads/${branch}`, theirs);
    expect(await repository.removeWorktree(repo, branch, { keepBranch: false })).toEqual({ foreignHead: theirs });
    expect(git(repo, 'rev-parse', branch).trim()).toBe(theirs);
    expect(existsSync(join(repo, '.worktrees'))).toBe(false);
    // Held by another branch as well, nothing is lost with this one.
    git(repo, 'branch', 'theirs', theirs);
    expect(await repository.removeWorktree(repo, branch, { keepBranch: false })).toEqual({ foreignHead: null });
    expect(git(repo, 'branch', '--list', 'hotfix/*')).toBe('');
  });

  it('removes a worktree without following its links, even when permissions were taken away', async () => {
    write(folder, { 'precious/file': 'x' });
    const { path } = await repository.prepareWorktree(repo, branch, base);
    symlinkSync(join(folder, 'precious'), join(path, 'node_modules'));
    mkdirSync(join(path, 'shut/in'), { recursive: true });
    chmodSync(join(path, 'shut'), 0);
    await repository.removeWorktree(repo, branch, { keepBranch: false });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(folder, 'precious/file'))).toBe(true);
  });

  it('sweeps worktrees that no open job owns; a branch with a commit of its own stays', async () => {
    const [owned, empty, done] = ['hotfix/auto-aaaa', 'hotfix/auto-bbbb', 'hotfix/auto-cccc'] as const;
    for (const name of [owned, empty]) await repository.prepareWorktree(repo, name, base);
    const worktree = await repository.prepareWorktree(repo, done, base);
    write(worktree.path, { 'a.js': 'fixed\n' });
    await repository.moveBranch(repo, done, (await repository.commitCandidate(worktree, repo, 'fix'))!.commit);
    expect(await repository.sweep(repo, [owned])).toBe(2);
    expect(git(repo, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/hotfix').trim().split('\n')).toEqual([
      owned,
      done,
    ]);
    expect(git(repo, 'worktree', 'list', '--porcelain').match(/^branch .*/gm)).toEqual([
      'branch refs/heads/main',
      `branch refs/heads/${owned}`,
    ]);
    const lenses = join(repo, '.git/levautofix');
    for (const name of ['dead', 'alive']) mkdirSync(join(lenses, name), { recursive: true });
    utimesSync(join(lenses, 'dead'), 0, 0);
    expect(await repository.sweep(repo, [owned])).toBe(0);
    expect(readdirSync(lenses)).toEqual(['alive']);
  });
});

describe('reading', () => {
  it('finds files, names and ancestors, and answers null for what is not there', async () => {
    git(repo, 'tag', 'v1.2.0');
    write(repo, { 'a.js': 'later\n' });
    const later = commitAll(repo, 'later');
    expect(await repository.readFile(repo, base, 'src/b.js')).toBe('two\n');
    expect(await repository.readFile(repo, base, 'nothing.js')).toBeNull();
    expect(await repository.listFiles(repo, base)).toEqual(['.gitignore', 'a.js', 'run.sh', 'src/b.js']);
    expect(await repository.resolveCommit(repo, '1.2.0')).toBe(base);
    expect(await repository.resolveCommit(repo, later.slice(0, 10))).toBe(later);
    for (const name of ['nothing', '--all', 'main..v1.2.0', '@{-1}'])
      expect(await repository.resolveCommit(repo, name)).toBeNull();
    expect(await repository.isAncestor(repo, base, later)).toBe(true);
    expect(await repository.isAncestor(repo, later, base)).toBe(false);
    expect(await repository.remoteUrl(repo)).toBeNull();
    git(repo, 'remote', 'add', 'origin', 'https://ann:secret@example.test/shop.git');
    expect(await repository.remoteUrl(repo)).toBe('https://example.test/shop.git');
  });
});

describe('the history of lines', () => {
  it('names the commits that last changed them, up to the commit asked about, and never a later one', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
    const save = (message: string) => (
      write(repo, { 'src/long.js': `${lines.join('\n')}\n` }),
      commitAll(repo, message)
    );
    const first = save('Begin');
    lines[9] = 'changed';
    const second = save('Change the tenth: $(touch x)');
    lines[0] = 'far away';
    const third = save('Change the first');
    lines[9] = 'again';
    save('Change the tenth once more');
    const tenth = { path: 'src/long.js', from: 9, to: 11 };
    const history = await repository.lineHistory(repo, third, tenth, 5);
    expect(history.map(({ id, subject }) => [id, subject])).toEqual([
      [second, 'Change the tenth: $(touch x)'],
      [first, 'Begin'],
    ]);
    expect(Math.abs(history[0]!.at - Date.now())).toBeLessThan(60_000);
    expect(await repository.lineHistory(repo, third, tenth, 1)).toHaveLength(1);
  });

  it('is empty for lines and files that are not there, and runs no program of the repository', async () => {
    const ask = (path: string, from = 1) => repository.lineHistory(repo, base, { path, from, to: from + 1 }, 3);
    expect(await ask('no/such/file.js')).toEqual([]);
    expect(await ask('a.js', 5_000)).toEqual([]);
    expect(await ask('--output=owned')).toEqual([]);
    git(repo, 'config', 'diff.external', 'touch owned; true');
    git(repo, 'config', 'log.showSignature', 'true');
    git(repo, 'config', 'gpg.program', 'touch owned; true');
    await ask('a.js');
    expect(existsSync(join(repo, 'owned'))).toBe(false);
  });
});

describe('what became of a commit', () => {
  const commitOn = (name: string, from: string, files: Record<string, string>, message = name): string => {
    git(repo, 'checkout', '-q', '-B', name, from);
    write(repo, files);
    return commitAll(repo, message);
  };

  it('is found on the base however it was taken over, and not before', async () => {
    const fix = commitOn('fix', base, { 'a.js': 'fixed\n' });
    const other = commitOn('main', base, { 'src/b.js': 'three\n' });
    expect(await repository.findEqual(repo, fix, other)).toBeNull();
    git(repo, 'cherry-pick', fix);
    const picked = git(repo, 'rev-parse', 'HEAD').trim();
    expect(await repository.findEqual(repo, fix, picked)).toBe(picked);
    git(repo, 'reset', '-q', '--hard', other);
    git(repo, 'merge', '-q', '--no-ff', '-m', 'merged', fix);
    expect(await repository.findEqual(repo, fix, git(repo, 'rev-parse', 'HEAD').trim())).toBe(fix);
    git(repo, 'reset', '-q', '--hard', other);
    write(repo, { 'a.js': 'almost fixed\n' });
    expect(await repository.findEqual(repo, fix, commitAll(repo, 'edited'))).toBeNull();
  });

  it('shows whether it was reverted since', async () => {
    const fix = commitOn('main', base, { 'a.js': 'fixed\n' });
    expect(await repository.findRevert(repo, [fix], fix)).toBeNull();
    git(repo, 'revert', '--no-edit', fix);
    const reverted = git(repo, 'rev-parse', 'HEAD').trim();
    expect(await repository.findRevert(repo, [base, fix], reverted)).toBe(reverted);
    expect(await repository.findRevert(repo, [base], reverted)).toBeNull();
  });
});
