// Git rewired by somebody whom no sandbox held back: the fixer's own git must still run nothing and record nothing of theirs.
import { execFile } from 'node:child_process';
import { appendFile, chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findGit } from '@levautofix/fixer/adapters/git/find-git';
import { createGitRepository } from '@levautofix/fixer/adapters/git/git-repository';
import { inParallel, type Group, type GroupOptions, type Trial } from './boundary-trial.js';

const execute = promisify(execFile);
const branch = 'hotfix/auto-0123456789abcdef';

/** One checkout of an attacked user. */
interface Site {
  folder: string;
  repo: string;
  worktree: string;
  /** Git's own folder for that worktree. */
  admin: string;
  /** Leaves the canary behind, whoever starts it. */
  program: string;
  git: (cwd: string, ...args: string[]) => Promise<string>;
}

interface Attack {
  id: string;
  rewire(site: Site): Promise<unknown>;
  /** What a person or a careless program does next, and where. */
  careless(site: Site): [cwd: string, ...args: string[]];
  /** Where not a program is to run: what a careless commit would take in. */
  foreignText?: string;
}

const set =
  (key: string, value?: (site: Site) => string) =>
  (site: Site): Promise<unknown> =>
    site.git(site.repo, 'config', key, value ? value(site) : site.program);
const inWorktree =
  (...args: string[]) =>
  ({ worktree }: Site): [string, ...string[]] => [worktree, ...args];
const inRepo =
  (...args: string[]) =>
  ({ repo }: Site): [string, ...string[]] => [repo, ...args];
const pinned = ({ admin, worktree }: Site): [string, ...string[]] => [
  worktree,
  `--git-dir=${admin}`,
  `--work-tree=${worktree}`,
  'status',
];

/** A git folder of the attacker's own, whose monitor is the program. */
async function hostileGitFolder({ git, folder, program }: Site, path: string): Promise<void> {
  await git(folder, 'init', '-q', '--bare', path);
  await git(path, 'config', 'core.fsmonitor', program);
  await git(path, 'config', 'core.bare', 'false');
}

const hooks = ['pre-commit', 'post-checkout', 'reference-transaction', 'pre-push', 'post-commit', 'post-index-change'];

const attacks: Attack[] = [
  { id: 'fsmonitor', rewire: set('core.fsmonitor'), careless: inWorktree('status') },
  {
    id: 'hooks',
    rewire: async ({ repo, program }) => {
      await mkdir(join(repo, '.git/hooks'), { recursive: true });
      for (const hook of hooks) await cp(program, join(repo, '.git/hooks', hook));
    },
    careless: inWorktree('commit', '-qam', 'x'),
  },
  {
    id: 'hooks-path',
    rewire: async (site) => {
      await mkdir(join(site.worktree, 'tools/hooks'), { recursive: true });
      for (const hook of hooks) await cp(site.program, join(site.worktree, 'tools/hooks', hook));
      await set('core.hooksPath', () => join(site.worktree, 'tools/hooks'))(site);
    },
    careless: inWorktree('commit', '-qam', 'x'),
  },
  { id: 'clean-filter', rewire: set('filter.x.clean'), careless: inWorktree('add', '-A') },
  { id: 'smudge-filter', rewire: set('filter.x.smudge'), careless: inWorktree('checkout', '--', 'a.js') },
  { id: 'process-filter', rewire: set('filter.x.process'), careless: inWorktree('add', '-A') },
  {
    id: 'info-attributes',
    rewire: async (site) => {
      await mkdir(join(site.repo, '.git/info'), { recursive: true });
      await appendFile(join(site.repo, '.git/info/attributes'), '* filter=y\n');
      await set('filter.y.clean')(site);
    },
    careless: inWorktree('add', '-A'),
  },
  {
    id: 'git-file-redirected',
    rewire: async (site) => {
      await hostileGitFolder(site, join(site.worktree, 'own'));
      await rm(join(site.worktree, '.git'));
      await writeFile(join(site.worktree, '.git'), `gitdir: ${join(site.worktree, 'own')}\n`);
    },
    careless: inWorktree('status'),
  },
  {
    id: 'commondir-redirected',
    rewire: async (site) => {
      await hostileGitFolder(site, join(site.worktree, 'own'));
      await writeFile(join(site.admin, 'commondir'), join(site.worktree, 'own'));
    },
    careless: pinned,
  },
  {
    id: 'worktree-config',
    rewire: async (site) => {
      await set('extensions.worktreeConfig', () => 'true')(site);
      await writeFile(join(site.admin, 'config.worktree'), `[core]\n\tfsmonitor = ${site.program}\n`);
    },
    careless: pinned,
  },
  {
    id: 'config-include',
    rewire: async (site) => {
      await writeFile(join(site.worktree, 'notes.txt'), `[core]\n\tfsmonitor = ${site.program}\n`);
      await set('include.path', () => join(site.worktree, 'notes.txt'))(site);
    },
    careless: inWorktree('status'),
  },
  {
    id: 'nested-bare-repository',
    rewire: async (site) => {
      await hostileGitFolder(site, join(site.worktree, 'nested'));
      await site.git(join(site.worktree, 'nested'), 'config', 'core.worktree', site.worktree);
    },
    careless: ({ worktree }) => [join(worktree, 'nested'), 'status'],
  },
  { id: 'external-diff', rewire: set('diff.external'), careless: inWorktree('diff') },
  { id: 'diff-driver', rewire: set('diff.x.command'), careless: inWorktree('diff') },
  { id: 'text-converter', rewire: set('diff.x.textconv'), careless: inWorktree('diff') },
  {
    id: 'signer',
    rewire: async (site) => {
      await set('gpg.program')(site);
      await set('commit.gpgSign', () => 'true')(site);
    },
    careless: inWorktree('commit', '-qam', 'x'),
  },
  { id: 'editor', rewire: set('core.editor'), careless: inWorktree('commit', '-qa') },
  { id: 'alias', rewire: set('alias.st', ({ program }) => `!${program}`), careless: inWorktree('st') },
  {
    id: 'alias-in-the-way',
    rewire: set('alias.export', ({ program }) => `!${program}`),
    careless: inWorktree('export'),
  },
  {
    id: 'ssh-program',
    rewire: async (site) => {
      await set('core.sshCommand')(site);
      await set('remote.origin.url', () => 'ssh://nowhere.invalid/x')(site);
    },
    careless: inWorktree('ls-remote', 'origin'),
  },
  {
    id: 'credential-helper',
    rewire: set('credential.helper', ({ program }) => `!${program}`),
    careless: ({ folder }) => [join(folder, 'shop'), 'credential', 'fill'],
  },
  {
    id: 'receive-pack',
    rewire: set('remote.origin.receivepack'),
    careless: inWorktree('push', '-q', 'origin', 'HEAD:x'),
  },
  { id: 'upload-pack', rewire: set('remote.origin.uploadpack'), careless: inWorktree('fetch', '-q', 'origin') },
  {
    id: 'address-that-names-a-program',
    rewire: async (site) => {
      await set('remote.origin.url', ({ program }) => `ext::${program}`)(site);
      await set('protocol.ext.allow', () => 'always')(site);
    },
    careless: inRepo('fetch', '-q', 'origin'),
  },
  {
    id: 'address-rewritten',
    rewire: async (site) => {
      await set(`url.ext::${site.program} .insteadOf`, ({ folder }) => folder)(site);
      await set('protocol.ext.allow', () => 'always')(site);
    },
    careless: inRepo('fetch', '-q', 'origin'),
  },
  {
    id: 'submodule',
    rewire: async ({ repo, worktree, git, program }) => {
      const { stdout } = await execute('git', ['rev-parse', 'HEAD'], { cwd: repo });
      await git(worktree, 'update-index', '--add', '--cacheinfo', `160000,${stdout.trim()},lib`);
      await writeFile(join(worktree, '.gitmodules'), '[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n');
      await git(repo, 'config', 'submodule.lib.url', repo);
      await git(repo, 'config', 'submodule.lib.update', `!${program}`);
    },
    careless: inWorktree('-c', 'protocol.file.allow=always', 'submodule', 'update', '--init'),
  },
  {
    id: 'user-filter',
    rewire: ({ folder, program }) => writeFile(join(folder, 'home/.gitconfig'), `[filter "x"]\n\tclean = ${program}\n`),
    careless: inWorktree('add', '-A'),
  },
  {
    id: 'worktree-moved-to-secrets',
    foreignText: 'planted-foreign',
    rewire: async (site) => {
      await mkdir(join(site.folder, 'vault'));
      await writeFile(join(site.folder, 'vault/key.txt'), 'planted-foreign\n');
      await set('core.worktree', ({ folder }) => join(folder, 'vault'))(site);
      await writeFile(join(site.admin, 'commondir'), '../..\n');
    },
    careless: inRepo('add', '-A'),
  },
  {
    id: 'objects-replaced',
    foreignText: 'planted-foreign',
    rewire: async ({ repo, folder, git }) => {
      await writeFile(join(folder, 'other.js'), 'planted-foreign\n');
      const [old, other] = [
        await git(repo, 'rev-parse', 'HEAD:a.js'),
        await git(repo, 'hash-object', '-w', join(folder, 'other.js')),
      ];
      await git(repo, 'replace', old.trim(), other.trim());
    },
    careless: inRepo('show', 'HEAD:a.js'),
  },
];

export const gitGroup: Group = {
  name: 'rewires git',
  control: 'plain git',
  async run({ jobs, isWanted = () => true }: GroupOptions): Promise<Trial[]> {
    return inParallel(
      attacks.filter(({ id }) => isWanted(id)),
      jobs,
      tryAttack,
    );
  },
};

async function tryAttack(attack: Attack): Promise<Trial> {
  const ours = await onSite(attack, runFixer);
  const plain = await onSite(attack, async (site) => {
    const [cwd, ...args] = attack.careless(site);
    const said = await site.git(cwd, ...args).catch((error: { stdout?: string }) => error.stdout ?? '');
    const index = await site.git(site.repo, 'grep', '--cached', 'planted-foreign').catch(() => '');
    return { isTried: true, words: said + index };
  });
  return {
    group: gitGroup.name,
    id: attack.id,
    isTried: ours.isTried,
    isCrossed: ours.isCrossed,
    isCrossedWithout: plain.isCrossed,
    note: 'as if no sandbox had held',
  };
}

type Act = (site: Site) => Promise<{ isTried: boolean; words: string }>;

async function onSite(attack: Attack, act: Act): Promise<{ isTried: boolean; isCrossed: boolean }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'boundary-git-')));
  try {
    const site = await openSite(folder);
    await attack.rewire(site);
    await writeFile(join(site.worktree, 'a.js'), 'fixed\n');
    const canary = join(folder, 'canary');
    // Rewiring may itself have set something off.
    await rm(canary, { force: true });
    const { isTried, words } = await act(site);
    return {
      isTried,
      isCrossed: existsSync(canary) || (attack.foreignText !== undefined && words.includes(attack.foreignText)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything that the fixer ever does with a repository, on the rewired one. */
const runFixer: Act = async ({ folder, repo, worktree }) => {
  const repository = createGitRepository({ gitPath: findGit(process.env.PATH), env: environment(folder) });
  const baseCommit = (await repository.resolveCommit(repo, 'refs/heads/main')) ?? '';
  const failed: string[] = [];
  const attempt = <T>(what: string, doing: Promise<T>): Promise<T | null> =>
    doing.catch((error: unknown) => {
      failed.push(`${what}: ${String(error)}`);
      return null;
    });
  const made = await attempt('commit', repository.commitCandidate({ path: worktree, branch, baseCommit }, repo, 'fix'));
  let words = '';
  if (made) {
    const described = await attempt('describe', repository.describeChange(repo, baseCommit, made.commit));
    await attempt('export', repository.exportCommit(repo, made.commit, join(folder, 'export')));
    const files = (await attempt('list', repository.listFiles(repo, made.commit))) ?? [];
    const texts = await Promise.all(files.map((path) => repository.readFile(repo, made.commit, path)));
    words = [described?.change.diff, ...texts].join('\n');
    await attempt('branch', repository.moveBranch(repo, branch, made.commit));
    await attempt('push', repository.push(repo, branch, made.commit, null));
  }
  await attempt('base', repository.resolveBase(repo, 'main'));
  await attempt('check', repository.check(repo, 'main'));
  await attempt('worktree', repository.prepareWorktree(repo, 'hotfix/auto-bbbb', baseCommit));
  await attempt('history', repository.lineHistory(repo, baseCommit, { path: 'a.js', from: 1, to: 1 }, 3));
  await attempt('sweep', repository.sweep(repo, []));
  const isCommitted = made !== null && words.includes('fixed');
  // A change that git refuses as a whole is as good an answer.
  return { isTried: baseCommit !== '' && (isCommitted || failed.length > 0), words };
};

async function openSite(folder: string): Promise<Site> {
  const [repo, origin, program] = ['shop', 'origin.git', 'program'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const git = async (cwd: string, ...args: string[]) => {
    const options = { cwd, env: { ...environment(folder), ...identity }, timeout: 10_000 };
    const running = execute('git', args, options);
    // What only `credential fill` reads; the others may be gone before it is written.
    running.child.stdin?.on('error', () => undefined).end('protocol=https\nhost=nowhere.invalid\n\n');
    return (await running).stdout;
  };
  for (const path of [repo, join(folder, 'home')]) await mkdir(path);
  await writeFile(program, `#!/bin/sh\n: > '${folder}/canary'\n`);
  await chmod(program, 0o755);
  await git(folder, 'init', '-q', '--bare', '--template=', '-b', 'main', origin);
  await git(repo, 'init', '-q', '--template=', '-b', 'main');
  await writeFile(join(repo, 'a.js'), 'one\n');
  await writeFile(join(repo, '.gitattributes'), '*.js filter=x diff=x\n');
  await git(repo, 'add', '-A');
  await git(repo, 'commit', '-qm', 'first');
  await git(repo, 'remote', 'add', 'origin', origin);
  await git(repo, 'push', '-q', 'origin', 'main');
  const repository = createGitRepository({ gitPath: findGit(process.env.PATH), env: environment(folder) });
  const { commit } = await repository.resolveBase(repo, 'main');
  const { path: worktree } = await repository.prepareWorktree(repo, branch, commit);
  return { folder, repo, worktree, admin: join(repo, '.git/worktrees/auto-0123456789abcdef'), program, git };
}

const identity = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@x', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@x' };

function environment(folder: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), GIT_TERMINAL_PROMPT: '0' };
}
