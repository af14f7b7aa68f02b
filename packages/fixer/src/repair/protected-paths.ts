// Files no change may touch: what deploys, guards or configures, and what would run later on a developer's machine.
import type { Flag } from '@levautofix/contract/job-view';
import type { Change } from '../domain/change.js';
import { globMatcher } from './match-path.js';

const source = '{js,cjs,mjs,jsx,ts,cts,mts,tsx,py,rb,go,php,java}';

/** Reason -> globs. */
export const defaultProtectedPaths: Record<string, readonly string[]> = {
  'runs in continuous integration': [
    '.github',
    '.gitlab',
    '.gitlab-ci.yml',
    '.circleci',
    '.buildkite',
    '.woodpecker',
    '.woodpecker.yml',
    '.drone.yml',
    '.travis.yml',
    '.ci',
    '{azure,bitbucket}-pipelines.yml',
    'Jenkinsfile*',
    'appveyor.yml',
    '.forgejo',
    '.gitea',
  ],
  'decides what is deployed': [
    'Dockerfile*',
    '*.dockerfile',
    '.dockerignore',
    '{docker-,}compose*.{yml,yaml}',
    'deploy',
    'deployment',
    'k8s',
    'kubernetes',
    'helm',
    '/charts',
    '/terraform',
    '*.{tf,tfvars}',
    '/ansible',
    'Procfile',
    'fly.toml',
    'vercel.json',
    'netlify.toml',
    'serverless.{yml,yaml}',
    'ecosystem.config.*',
    'render.yaml',
    'wrangler.{toml,json,jsonc}',
    '.platform',
    '.ebextensions',
  ],
  'decides who may do what': [
    'auth',
    'authentication',
    'authorization',
    `{auth,authentication,authorization}.${source}`,
    'CODEOWNERS',
  ],
  'changes stored data': ['migrations', 'db/migrate'],
  'pins dependencies': [
    'package-lock.json',
    'npm-shrinkwrap.json',
    'pnpm-lock.yaml',
    'yarn.lock',
    'bun.{lock,lockb}',
    '{Gemfile,poetry,Cargo,composer,uv,Pipfile,deno}.lock',
    'go.sum',
    'node_modules',
    'vendor/bundle',
  ],
  'holds the environment': ['.env', '.env.*', '.envrc', '*.{pem,key,p12,pfx}', '.netrc', '.pgpass'],
  'configures LevAutoFix': ['levautofix.config.*', '.levautofix'],
  'would run on a developer’s machine': [
    '.claude',
    '.mcp.json',
    'CLAUDE*.md',
    'AGENTS*.md',
    'GEMINI.md',
    '.cursor',
    '.cursorrules',
    '.cursorignore',
    '.windsurf',
    '.windsurfrules',
    '.codex',
    '.gemini',
    '.aider*',
    '.continue',
    '.roo',
    '.clinerules',
    '.npmrc',
    '.yarnrc*',
    '.yarn',
    '.pnpmfile.*',
    'pnpmfile.*',
    'pnpm-workspace.yaml',
    'bunfig.toml',
    '.pypirc',
    'pip.conf',
    'binding.gyp',
    '.vscode',
    '.idea',
    '.devcontainer',
    '.fleet',
    '.zed',
    '.nvim*',
    '.exrc',
    '.editorconfig',
    '*.code-workspace',
    '*.sublime-project',
    '.husky',
    '.githooks',
    '.git',
    '.gitattributes',
    '.gitmodules',
    '.gitconfig',
    'lefthook*.{yml,yaml}',
    '.lefthook*',
    '.pre-commit-config.yaml',
    '.lintstagedrc*',
    'lint-staged.config.*',
    '.simple-git-hooks*',
    '.tool-versions',
    '{.,}mise*.toml',
    '.mise',
    '.direnv',
    '.nvmrc',
    '.node-version',
    '.volta*',
    '.bashrc',
    '.profile',
    '.zshrc',
    // Editors run these as soon as a file is opened or saved, the others run whatever somebody is used to call.
    '{eslint,prettier,stylelint}.config.*',
    '.{eslint,prettier,stylelint}rc*',
    '{gnu,}makefile',
    '{.,}justfile',
    'taskfile*.{yml,yaml}',
    '{gulpfile,gruntfile}*',
  ],
};

/** An entry of `own` adds a glob; one that starts with `!` allows what the defaults protect. Both names of a rename count. */
export function inspectPaths(change: Change, own: readonly string[]): Flag[] {
  const allowed = own.filter((glob) => glob.startsWith('!')).map((glob) => globMatcher(glob.slice(1)));
  const added = own.filter((glob) => !glob.startsWith('!') && glob.trim() !== '').map(globMatcher);
  return change.files.flatMap((file) =>
    [...new Set([file.path, file.oldPath ?? file.path])].flatMap((path): Flag[] => {
      const why = added.some((matches) => matches(path))
        ? 'is protected by the configuration'
        : defaultReason(path, allowed);
      if (why === null) return [];
      return [{ kind: 'protected_path', file: path, line: null, note: `${path} ${why}; a repair may not touch it.` }];
    }),
  );
}

const defaults = Object.entries(defaultProtectedPaths).map(([why, globs]) => ({
  why,
  matchers: globs.map(globMatcher),
}));

function defaultReason(path: string, allowed: ((path: string) => boolean)[]): string | null {
  if (allowed.some((matches) => matches(path))) return null;
  return defaults.find(({ matchers }) => matchers.some((matches) => matches(path)))?.why ?? null;
}
