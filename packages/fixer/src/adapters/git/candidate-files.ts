// Finds what differs between a worktree and its base commit, and refuses what must never become part of a commit.
import { Fault } from '@levautofix/service-kit/fault';
import { lstat, mkdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { gitFailed } from './git-fault.js';
import type { Lens } from './lens.js';

export type CandidateFile =
  | { kind: 'deleted'; path: string }
  | { kind: 'file'; path: string; mode: string }
  | { kind: 'link'; path: string; target: string };

const maxFileBytes = 10 * 1024 * 1024;
const maxFiles = 5000;
const submodule = '160000';

/** The lens's index must hold the base commit. Paths are in git's order; deletions come with the rest. */
export async function findCandidateFiles(lens: Lens, worktree: string): Promise<CandidateFile[]> {
  const tracked = parseStaged((await lens.run(['ls-files', '--stage', '-z'])).stdout);
  const changed = split(
    (await lens.run(['diff-files', '--name-only', '--ignore-submodules=all', '-z'], { workTree: worktree })).stdout,
  );
  const listing = ['ls-files', '--others', '--exclude=node_modules', '-z'];
  const untracked = split((await lens.run(listing, { workTree: worktree })).stdout);

  const paths = changed.filter((path) => tracked.get(path) !== submodule);
  paths.push(...(await withoutIgnored(lens, [...tracked.keys()], untracked)));
  if (paths.length > maxFiles) refuse(`it changes ${paths.length} files, more than ${maxFiles}`);

  const root = await realpath(worktree);
  const parents = new Map<string, boolean>();
  const files: CandidateFile[] = [];
  for (const path of paths) {
    checkName(path);
    const parent = dirname(path);
    // A folder replaced by a link would make files of another place look like files of this one.
    if (!parents.has(parent))
      parents.set(parent, (await realpath(join(root, parent)).catch(() => null)) === join(root, parent));
    const file: CandidateFile = parents.get(parent) === true ? await inspect(root, path) : { kind: 'deleted', path };
    if (file.kind !== 'deleted' || tracked.has(path)) files.push(file);
  }
  return files;
}

/** The ignore rules of the base commit decide, not what was written into the worktree since. */
async function withoutIgnored(lens: Lens, tracked: string[], untracked: string[]): Promise<string[]> {
  if (untracked.length === 0) return [];
  const rules = lens.path('rules');
  await mkdir(rules, { recursive: true });
  const ruleFiles = tracked.filter((path) => path === '.gitignore' || path.endsWith('/.gitignore'));
  await lens.run(['checkout-index', '-z', '--stdin', '--quiet', '--force'], {
    workTree: rules,
    input: join0(ruleFiles),
  });
  const checked = await lens.run(['check-ignore', '--no-index', '-z', '--stdin'], {
    workTree: rules,
    // A leading `./` keeps git from taking a colon at the start of a name for a pattern.
    input: join0(untracked.map((path) => `./${path}`)),
    isAllowedToFail: true,
  });
  // Exit 1 only says that nothing is ignored.
  if (checked.exitCode > 1) throw gitFailed(['check-ignore'], checked);
  const ignored = new Set(split(checked.stdout));
  return untracked.filter((path) => !ignored.has(`./${path}`));
}

async function inspect(root: string, path: string): Promise<CandidateFile> {
  const facts = await lstat(join(root, path)).catch(() => null);
  if (path.endsWith('/')) refuse(`${path} is a git repository inside the worktree`);
  if (facts === null || facts.isDirectory()) return { kind: 'deleted', path };
  if (facts.isSymbolicLink()) return inspectLink(root, path);
  if (!facts.isFile()) refuse(`${path} is neither a file nor a folder nor a link`);
  if (facts.nlink > 1) refuse(`${path} is a hard link and may be a file from elsewhere`);
  if ((facts.mode & 0o6000) !== 0) refuse(`${path} has a setuid or setgid bit`);
  if (facts.size > maxFileBytes) refuse(`${path} is larger than ${maxFileBytes / 1024 / 1024} MiB`);
  return { kind: 'file', path, mode: (facts.mode & 0o111) === 0 ? '100644' : '100755' };
}

async function inspectLink(root: string, path: string): Promise<CandidateFile> {
  const target = await readlink(join(root, path));
  const pointed = resolve(root, dirname(path), target);
  const real = await realpath(pointed).catch(() => pointed);
  if (![pointed, real].every((place) => place.startsWith(root + sep))) refuse(`${path} is a link out of the worktree`);
  return { kind: 'link', path, target };
}

function checkName(path: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\ufffd]/.test(path) || path.startsWith('-')) {
    refuse(`the file name ${JSON.stringify(path)} has a leading dash or characters that are not text`);
  }
}

function refuse(why: string): never {
  throw new Fault({
    code: 'change_refused',
    message: `The change was refused: ${why}.`,
    remedy: 'Leave such files out of the change.',
  });
}

/** Path -> mode. */
function parseStaged(bytes: Buffer): Map<string, string> {
  return new Map(split(bytes).map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry.slice(0, 6)]));
}

function split(bytes: Buffer): string[] {
  return bytes.toString().split('\0').filter(Boolean);
}

function join0(paths: string[]): string {
  return paths.map((path) => `${path}\0`).join('');
}
