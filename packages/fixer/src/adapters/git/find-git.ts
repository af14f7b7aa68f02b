// Finds git once, so that every call names it by its absolute path.
import { Fault } from '@levautofix/service-kit/fault';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Absolute path of the first git on `path`, a PATH-like list. Relative entries are skipped: they depend on where one stands. */
export function findGit(path: string | undefined): string {
  for (const folder of (path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const candidate = join(folder, 'git');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  throw new Fault({
    code: 'git_missing',
    message: 'git was not found on PATH.',
    remedy: 'Install git 2.32 or newer and make sure that PATH names its folder.',
  });
}
