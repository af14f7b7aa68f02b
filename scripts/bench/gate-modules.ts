// Packages of this workspace as the installed modules of a service: what a runner needs, laid out flat.
import { chmod, cp, mkdir, readFile, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '../shop.js';

interface Manifest {
  bin?: string | Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Rejects when a package is not installed here; what it needs only optionally may be missing. */
export async function placeModules(names: readonly string[], target: string): Promise<void> {
  const placed = new Set<string>();
  const place = async (name: string, from: string, isNeeded: boolean): Promise<void> => {
    if (placed.has(name)) return;
    const folder = await findPackage(name, from);
    if (folder === null) {
      if (isNeeded) throw new Error(`${name} is not installed in this workspace`);
      return;
    }
    placed.add(name);
    await cp(folder, join(target, name), { recursive: true });
    const { bin, ...manifest } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    const commands = typeof bin === 'string' ? { [name.replace(/^.*\//, '')]: bin } : (bin ?? {});
    for (const [command, path] of Object.entries(commands)) await linkCommand(target, name, command, path);
    for (const next of Object.keys(manifest.dependencies ?? {})) await place(next, folder, true);
    for (const next of Object.keys({ ...manifest.optionalDependencies, ...manifest.peerDependencies }))
      await place(next, folder, false);
  };
  for (const name of names) await place(name, workspaceRoot, true);
}

async function findPackage(name: string, from: string): Promise<string | null> {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await realpath(join(folder, 'node_modules', name)).catch(() => null);
    if (found !== null || folder === dirname(folder)) return found;
  }
}

async function linkCommand(target: string, name: string, command: string, path: string): Promise<void> {
  await mkdir(join(target, '.bin'), { recursive: true });
  await chmod(join(target, name, path), 0o755);
  await symlink(join('..', name, path), join(target, '.bin', command));
}
