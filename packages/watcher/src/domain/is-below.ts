// Whether a path lies in one of some folders.
import { sep } from 'node:path';

/** All are absolute and free of links and `..`; a folder does not lie in itself. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep));
}
