// Finds the file behind a command name, the way a shell looks on PATH.
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Answers the absolute path with links resolved, or null when there is no such program. */
export type FindProgram = (command: string) => Promise<string | null>;

/** `folder` is what a relative path such as `./bin/agent` is relative to. */
export function programFinder(path: string, folder: string): FindProgram {
  return async (command) => {
    const isName = !command.includes('/');
    const candidates = isName
      ? path.split(delimiter).map((entry) => join(entry || folder, command))
      : [isAbsolute(command) ? command : resolve(folder, command)];
    for (const candidate of candidates) {
      try {
        await access(candidate, constants.X_OK);
        if ((await stat(candidate)).isFile()) return await realpath(candidate);
      } catch {
        // Not there or not executable: the next folder may have it.
      }
    }
    return null;
  };
}
