// Finds Codex's own program behind its launcher: the launcher needs Node and its whole package folder, the program needs neither.
import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

export interface CodexProgram {
  path: string;
  /** Folder with the program and what it brings along. */
  folder: string;
}

/** `program` is what the command leads to. */
export async function findCodex(program: string): Promise<CodexProgram> {
  if (!/\.[cm]?js$/.test(program)) return { path: program, folder: program };
  const vendor = join(dirname(program), '..', 'vendor');
  for (const root of [packageVendor(program), vendor]) {
    for (const triple of root === null ? [] : await readdir(root).catch(() => [])) {
      const path = await realpath(join(root ?? '', triple, 'bin', 'codex')).catch(() => null);
      if (path !== null) return { path, folder: dirname(dirname(path)) };
    }
  }
  return { path: program, folder: dirname(dirname(program)) };
}

function packageVendor(program: string): string | null {
  try {
    return join(
      dirname(createRequire(program).resolve(`@openai/codex-${platform()}-${arch()}/package.json`)),
      'vendor',
    );
  } catch {
    return null;
  }
}
