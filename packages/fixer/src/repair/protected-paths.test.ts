import { expect, test } from 'vitest';
import type { Change, ChangedFile } from '../domain/change.js';
import { sampleFile } from '../domain/sample-file.testkit.js';
import { inspectPaths } from './protected-paths.js';

function changeOf(...files: Partial<ChangedFile>[]): Change {
  return { files: files.map(sampleFile), linesAdded: 1, linesDeleted: 0, diff: '' };
}

test.each([
  '.github/workflows/déploiement.yml',
  'packages/api/.github/x.yml',
  'Dockerfile',
  'docker/Dockerfile.prod',
  'docker-compose.override.yml',
  'src/auth/login.js',
  'src/auth.ts',
  'db/migrations/001.js',
  'package-lock.json',
  'apps/web/pnpm-lock.yaml',
  '.env.production',
  '.envrc',
  'levautofix.config.yaml',
  '.claude/settings.json',
  '.mcp.json',
  'CLAUDE.md',
  'docs/CLAUDE.md',
  'claude.local.md',
  'AGENTS.md',
  '.npmrc',
  '.vscode/tasks.json',
  '.husky/pre-commit',
  '.gitattributes',
  '.gitmodules',
  'sub/.git/config',
  'binding.gyp',
  'eslint.config.mjs',
  'web/.prettierrc.cjs',
  'Makefile',
  'Gruntfile.js',
  '.GITHUB/workflows/x.yml',
  'node_modules/x/index.js',
])('%s is protected', (path) => {
  expect(inspectPaths(changeOf({ path, kind: 'added' }), [])).toEqual([
    expect.objectContaining({ kind: 'protected_path', file: path }),
  ]);
});

test.each([
  'src/orders.js',
  'src/author.js',
  'src/charts/bar.tsx',
  'test/auth.test.js',
  'README.md',
  'src/github.ts',
  'lib/environment.js',
  '.gitignore',
])('%s is free', (path) => {
  expect(inspectPaths(changeOf({ path }), [])).toEqual([]);
});

test('both ends of a rename count', () => {
  const flags = inspectPaths(changeOf({ path: 'x.yml', oldPath: '.github/workflows/x.yml', kind: 'renamed' }), []);
  expect(flags.map((flag) => flag.file)).toEqual(['.github/workflows/x.yml']);
});

test('the user adds paths and allows defaults, and an own path is not allowed by mistake', () => {
  const change = changeOf({ path: 'src/billing/a.js' }, { path: 'src/auth/a.js' }, { path: '.github/x' });
  expect(inspectPaths(change, ['src/billing/**', '!src/auth/**']).map((flag) => flag.file)).toEqual([
    'src/billing/a.js',
    '.github/x',
  ]);
});
