// A lens: a throw-away git folder of our own over the objects of the user's repository.
// Its configuration and attributes are ours, so no filter, hook, driver, helper or rewritten pointer of the repository can act.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitOutcome, RunGit } from './run-git.js';
import { gitFailed } from './git-fault.js';

export interface Lens {
  /** A path inside the lens, gone when it closes. */
  path(name: string): string;
  /** Runs git; a non-zero exit becomes a Fault unless `isAllowedToFail`. */
  run(args: string[], options?: LensCallOptions): Promise<GitOutcome>;
}

export interface LensCallOptions {
  /** Folder that git takes for the working tree; an empty one by default. */
  workTree?: string;
  cwd?: string;
  input?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  isAllowedToFail?: boolean;
}

export interface LensOptions {
  runGit: RunGit;
  env: Record<string, string>;
  gitFolder: string;
  objectFormat: string;
  /** More lines for its configuration, such as a remote. */
  config?: string;
  /** Lines `<object id> <ref name>`: what a fetch may say it already has. */
  refs?: string;
}

/** Highest precedence of all attribute sources: bytes are taken and given as they are. */
const attributes = '* -text -eol -ident -filter -working-tree-encoding !diff !merge\n';

export function lensParent(gitFolder: string): string {
  return join(gitFolder, 'levautofix');
}

export async function withLens<T>(options: LensOptions, use: (lens: Lens) => Promise<T>): Promise<T> {
  const { runGit, gitFolder } = options;
  const folder = join(lensParent(gitFolder), randomBytes(8).toString('hex'));
  const path = (name: string): string => join(folder, name);
  try {
    for (const name of ['refs', 'info', 'empty']) await mkdir(path(name), { recursive: true });
    await writeFile(path('HEAD'), 'ref: refs/heads/none\n');
    await writeFile(path('config'), `${formatConfig(options.objectFormat)}${options.config ?? ''}`);
    await writeFile(path('info/attributes'), attributes);
    if (options.refs !== undefined) await writeFile(path('packed-refs'), options.refs);
    for (const name of ['shallow', 'info/exclude']) {
      await copyFile(join(gitFolder, name), path(name)).catch(() => undefined);
    }
    return await use({
      path,
      async run(args, call = {}) {
        const workTree = call.workTree ?? path('empty');
        const outcome = await runGit({
          args,
          cwd: call.cwd ?? workTree,
          env: {
            ...options.env,
            GIT_DIR: folder,
            GIT_COMMON_DIR: folder,
            GIT_OBJECT_DIRECTORY: join(gitFolder, 'objects'),
            GIT_INDEX_FILE: path('index'),
            GIT_WORK_TREE: workTree,
            ...call.env,
          },
          ...(call.input === undefined ? {} : { input: call.input }),
          ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
        });
        if (outcome.exitCode !== 0 && call.isAllowedToFail !== true) throw gitFailed(args, outcome);
        return outcome;
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes lenses that a killed process left behind. */
export async function sweepLenses(gitFolder: string, olderThan: number): Promise<void> {
  const parent = lensParent(gitFolder);
  for (const name of await readdir(parent).catch(() => [])) {
    const age = await stat(join(parent, name)).catch(() => null);
    if (age !== null && age.mtimeMs < olderThan) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function formatConfig(objectFormat: string): string {
  const isPlain = objectFormat === 'sha1';
  return `[core]\n\trepositoryformatversion = ${isPlain ? 0 : 1}\n\tbare = false\n${
    isPlain ? '' : `[extensions]\n\tobjectFormat = ${objectFormat}\n`
  }`;
}
