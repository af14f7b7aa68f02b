// Scratch folders on this machine's disk. What lies in them was written by untrusted code, so no path may lead out of the root.
import { constants } from 'node:fs';
import { cp, lstat, mkdir, open, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';
import type { ProcessRunner } from '../../ports/process-runner.js';
import type { Workspace } from '../../ports/workspace.js';

const maxTextBytes = 10 * 1024 * 1024;
const tool = { cwd: '/', env: {}, timeoutMs: 300_000 };

export class DiskWorkspace implements Workspace {
  readonly #root: string;
  readonly #processes: ProcessRunner;

  /** Everything that is written or removed lies in `root`. */
  constructor(root: string, processes: ProcessRunner) {
    this.#root = root;
    this.#processes = processes;
  }

  async readText(path: string): Promise<string | null> {
    const kind = await lstat(path).catch(() => null);
    // A pipe in place of a file would hang the reader.
    if (!kind?.isFile() || kind.size > maxTextBytes) return null;
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
    try {
      return file === null ? null : await file.readFile('utf8');
    } finally {
      await file?.close();
    }
  }

  async writeText(path: string, text: string): Promise<void> {
    await this.makeFolder(dirname(path));
    // A new file, never the content of one that something else also points to.
    await this.remove(path);
    const file = await open(path, 'wx', 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  }

  async list(folder: string): Promise<string[]> {
    return readdir(folder).catch(() => []);
  }

  async isFolder(path: string): Promise<boolean> {
    return (await lstat(path).catch(() => null))?.isDirectory() ?? false;
  }

  async makeFolder(path: string): Promise<void> {
    await this.#confine(path);
    await mkdir(path, { recursive: true });
    await this.#confine(join(path, '.'));
  }

  async remove(path: string): Promise<void> {
    await this.#confine(dirname(path));
    const removal = { recursive: true, force: true, maxRetries: 2 };
    await rm(path, removal).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
      // Tests may leave folders that even their owner may not enter. Folders alone: files may be shared with the user's checkout.
      const args = [path, '-type', 'd', '-exec', 'chmod', 'u+rwx', '{}', ';'];
      await this.#processes.run({ ...tool, command: '/usr/bin/find', args });
      await rm(path, removal);
    });
  }

  async copyFolder(from: string, to: string): Promise<void> {
    await this.makeFolder(dirname(to));
    if (await this.#copy('--reflink=auto', from, to)) return;
    // A cp without --reflink, as on macOS.
    await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }

  async shareFolder(from: string, to: string): Promise<void> {
    await this.makeFolder(dirname(to));
    // Another file system, files of another user, or a cp that cannot link.
    if (!(await this.#copy('--link', from, to))) await this.copyFolder(from, to);
  }

  /** What a failed try left behind is gone. */
  async #copy(how: string, from: string, to: string): Promise<boolean> {
    const args = ['-a', how, '--', from, to];
    const outcome = await this.#processes.run({ ...tool, command: '/bin/cp', args });
    if (outcome.exitCode !== 0) await rm(to, { recursive: true, force: true });
    return outcome.exitCode === 0;
  }

  async linkModules(from: string, to: string): Promise<void> {
    await this.makeFolder(to);
    for (const entry of await readdir(from, { withFileTypes: true })) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.name.startsWith('@') && entry.isDirectory()) await this.linkModules(source, target);
      else if (['.cache', '.vite', '.vite-temp'].includes(entry.name)) await this.makeFolder(target);
      else await symlink(entry.isSymbolicLink() ? await readlink(source) : source, target);
    }
  }

  /** The nearest folder that exists on the way to `path` must really lie in the root. */
  async #confine(path: string): Promise<void> {
    const root = await realpath(this.#root);
    for (let folder = path; ; folder = dirname(folder)) {
      const real = await realpath(folder).catch(() => null);
      if (real === null && folder !== dirname(folder)) continue;
      if (real === root || real?.startsWith(root + sep)) return;
      throw new Fault({
        code: 'path_leaves_workspace',
        message: `${path} leads out of the folder for work in progress.`,
        remedy: 'Remove the link that leads there; a change may not bring one in.',
      });
    }
  }
}
