// The base commit's installed modules: where they lie and how they appear in a folder that is checked or repaired.
import type { Enclosure } from '../ports/sandbox.js';
import type { VerifyDeps } from './verify-deps.js';

export interface InstalledModules {
  /** Folder of the base commit's export in which the modules were installed. */
  folder: string;
  /** Package folders with a node_modules of their own, relative to the root: `.` for the root itself. */
  packages: string[];
}

/** Tools write caches beside the modules they run from; a read-only place would make them fail. */
export const cacheFolders = ['.cache', '.vite', '.vite-temp'] as const;

/** How the modules appear read-only in `target`, for any enclosure. */
export function modulesEnclosure(modules: InstalledModules, target: string): Pick<Enclosure, 'mounts' | 'scratch'> {
  const mounts = Object.fromEntries(
    modules.packages.map((path) => [modulesPath(target, path), modulesPath(modules.folder, path)]),
  );
  const scratch = Object.keys(mounts).flatMap((path) => cacheFolders.map((cache) => `${path}/${cache}`));
  return { mounts, scratch };
}

/**
 * Makes the modules usable in `target`: the box lays them in by itself and needs only a free place; without a box they are linked.
 */
export async function placeModules(
  deps: Pick<VerifyDeps, 'sandbox' | 'workspace'>,
  modules: InstalledModules,
  target: string,
): Promise<void> {
  for (const path of modules.packages) {
    const inside = modulesPath(target, path);
    await deps.workspace.remove(inside);
    if (deps.sandbox.kind === 'none') await deps.workspace.linkModules(modulesPath(modules.folder, path), inside);
  }
}

/** Package folders of a commit, the root first. */
export function packageFolders(files: readonly string[]): string[] {
  return files
    .filter((path) => /(?:^|\/)package\.json$/.test(path) && !/(?:^|\/)node_modules\//.test(path))
    .map((path) => path.replace(/\/?package\.json$/, '') || '.')
    .toSorted((a, b) => (a === '.' ? -1 : b === '.' ? 1 : a < b ? -1 : 1))
    .slice(0, 200);
}

export function modulesPath(folder: string, packagePath: string): string {
  return packagePath === '.' ? `${folder}/node_modules` : `${folder}/${packagePath}/node_modules`;
}
