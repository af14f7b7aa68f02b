// Rule about packages: a repair uses only those that the base commit's manifests name, and what comes with Node.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { Flag } from '@levautofix/contract/job-view';
import { parseObject } from '../domain/json-object.js';
import { newFindingsIn, type ChangedText } from './changed-source.js';
import { moduleText } from './inspect-disguise.js';
import { type Finding, type SourceFile, type Ts, lineOf, walk } from './parse-source.js';
import { isTestPath } from './test-files.js';

type ReadBase = (path: string) => Promise<string | null>;

export async function inspectImports(ts: Ts, text: ChangedText, readBase: ReadBase): Promise<Flag[]> {
  const { file } = text;
  // A test that cannot load what it needs fails by itself.
  if (isTestPath(file.path)) return [];
  const added = newFindingsIn(text, (source) => packagesIn(ts, source));
  if (added.length === 0) return [];
  const declared = await declaredAround(file.path, readBase);
  // A path of the compiler's own may look like a package.
  const isAliased = /"(?:paths|baseUrl)"/.test((await readBase('tsconfig.json')) ?? '');
  return added
    .filter(({ key }) => declared !== null && !declared.has(key) && !isAliased)
    .map(({ key, line }) => ({
      kind: 'dependency',
      file: file.path,
      line,
      note: `uses ${key.slice(0, 80)}, which package.json does not name; a repair adds no dependency.`,
    }));
}

function packagesIn(ts: Ts, source: SourceFile): Finding[] {
  const found: Finding[] = [];
  walk(ts, source, (node) => {
    const name = packageOf(moduleText(ts, node));
    if (name !== null) found.push({ key: name, line: lineOf(node) });
  });
  // What is used once may be used again.
  return [...new Map(found.map((finding) => [finding.key, finding])).values()];
}

/** Null for a path, an address, a subpath import, an alias and what Node brings. */
function packageOf(module: string | null): string | null {
  if (module === null || isBuiltin(module) || !/^(?:@[\w.-]+\/)?[a-z\d][\w.-]*(?:\/|$)/i.test(module)) return null;
  return module.split('/', module.startsWith('@') ? 2 : 1).join('/');
}

/** Of every manifest from the file up to the root; null when there is none. */
async function declaredAround(path: string, readBase: ReadBase): Promise<Set<string> | null> {
  const names = new Set<string>();
  let isFound = false;
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
    const manifest = parseObject(await readBase(posix.join(folder, 'package.json')));
    isFound ||= manifest !== null;
    if (typeof manifest?.name === 'string') names.add(manifest.name);
    for (const key of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])
      for (const name of Object.keys((manifest?.[key] as object | undefined) ?? {}))
        names.add(name).add(name.replace(/^@types\//, ''));
    if (folder === '.') return isFound ? names : null;
  }
}
