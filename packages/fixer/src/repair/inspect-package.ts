// Rules about package manifests: no new dependency, no changed script, no changed settings of the test runner.
import type { Flag } from '@levautofix/contract/job-view';
import { type JsonObject, parseObject } from '../domain/json-object.js';
import type { ChangedText } from './changed-source.js';

const dependencyKeys = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'bundleDependencies',
  'bundledDependencies',
  'overrides',
  'resolutions',
  'pnpm',
  'packageManager',
  'workspaces',
  'devEngines',
];
const runnerKeys = [
  'jest',
  'vitest',
  'mocha',
  'ava',
  'nyc',
  'c8',
  'tap',
  'babel',
  'browserslist',
  'coverage',
  'jasmine',
];
const laterKeys = [
  'husky',
  'simple-git-hooks',
  'lint-staged',
  'pre-commit',
  'gypfile',
  'bin',
  'volta',
  'config',
  'publishConfig',
];
const otherManifest =
  /(?:^|\/)(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|setup\.py|pipfile|gemfile|[^/]*\.gemspec|go\.mod|cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|composer\.json|deno\.jsonc?)$/i;

export function inspectPackage({ file, before, after, addedLines }: ChangedText): { refusals: Flag[]; flags: Flag[] } {
  const refusals: Flag[] = [];
  const flags: Flag[] = [];
  if (otherManifest.test(file.path)) {
    refusals.push({
      kind: 'dependency',
      file: file.path,
      line: null,
      note: 'changes a package manifest; a repair adds no dependency.',
    });
  }
  if (!/(?:^|\/)package\.json$/i.test(file.path) || after === null) return { refusals, flags };
  if (file.kind === 'added')
    refusals.push({ kind: 'dependency', file: file.path, line: null, note: 'is a new package manifest.' });
  const [old, next] = [parseObject(before ?? '{}'), parseObject(after)];
  if (next === null) {
    return { refusals: [{ kind: 'manifest', file: file.path, line: null, note: 'is no valid JSON any more.' }], flags };
  }
  for (const key of new Set([...Object.keys(old ?? {}), ...Object.keys(next)])) {
    if (JSON.stringify(old?.[key]) === JSON.stringify(next[key])) continue;
    const line = addedLines.find(({ text }) => text.includes(`"${key}"`))?.number ?? null;
    const refuse = (kind: string, note: string) => refusals.push({ kind, file: file.path, line, note });
    if (key === 'scripts')
      refuse('npm_scripts', `changes the scripts ${changedKeys(old?.[key], next[key])}, which run on other machines.`);
    else if (dependencyKeys.includes(key))
      refuse('dependency', `changes ${key}: ${changedKeys(old?.[key], next[key])}; a repair adds no dependency.`);
    else if (runnerKeys.includes(key)) refuse('runner_config', `changes how tests are run or measured (${key}).`);
    else if (laterKeys.includes(key)) refuse('npm_scripts', `changes what runs on other machines (${key}).`);
    else flags.push({ kind: 'manifest', file: file.path, line, note: `changes ${key}.` });
  }
  return { refusals, flags };
}

function changedKeys(before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((value) =>
    typeof value === 'object' && value !== null ? (value as JsonObject) : {},
  );
  const names = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])];
  return names
    .filter((name) => a?.[name] !== b?.[name])
    .slice(0, 5)
    .join(', ');
}
