// Holds a change to the rules of its base commit: npm scripts and test runner settings are laid over the candidate's export.
import { parseObject } from '../domain/json-object.js';
import type { Workspace } from '../ports/workspace.js';

/** Keys of package.json that say how tests are run or counted. */
const ruledKeys = ['scripts', 'jest', 'mocha', 'ava', 'tap', 'vitest', 'c8', 'nyc'] as const;
const settingsFile =
  /^(?:(?:vitest|vite|jest|ava|playwright|babel)\.(?:config|workspace|setup)\.[cm]?[jt]sx?|vitest\.workspace\.json|jest\.config\.json|\.mocharc(?:\.[a-z]+)?|\.taprc|\.c8rc(?:\.json)?|\.nycrc(?:\.[a-z]+)?|\.npmrc|\.node-version)$/;

/** `packages` are the package folders of the base commit, relative to both exports. */
export async function layBaseRules(
  workspace: Workspace,
  base: string,
  candidate: string,
  packages: readonly string[],
): Promise<void> {
  for (const path of packages) {
    const [from, to] = path === '.' ? [base, candidate] : [`${base}/${path}`, `${candidate}/${path}`];
    if (!(await workspace.isFolder(to))) continue;
    await layManifest(workspace, `${from}/package.json`, `${to}/package.json`);
    const [ours, theirs] = [await workspace.list(from), await workspace.list(to)];
    for (const name of new Set([...ours, ...theirs].filter((name) => settingsFile.test(name)))) {
      const text = await workspace.readText(`${from}/${name}`);
      if (text === null) await workspace.remove(`${to}/${name}`);
      else await workspace.writeText(`${to}/${name}`, text);
    }
  }
}

async function layManifest(workspace: Workspace, from: string, to: string): Promise<void> {
  const [ours, theirs] = [parseObject(await workspace.readText(from)), parseObject(await workspace.readText(to))];
  if (!ours) return;
  if (!theirs) return workspace.writeText(to, JSON.stringify(ours, null, 2));
  for (const key of ruledKeys) {
    if (ours[key] === undefined) delete theirs[key];
    else theirs[key] = ours[key];
  }
  await workspace.writeText(to, `${JSON.stringify(theirs, null, 2)}\n`);
}
