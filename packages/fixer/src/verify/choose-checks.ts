// Which commands install, build and test a service: configured ones, else those that package.json and lockfile of the base commit speak of.
import { asObject, parseObject } from '../domain/json-object.js';
import type { Service } from '../domain/service.js';
import { chooseRunner, reportingArguments } from './test-runner.js';

export const lockfiles = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
] as const;
export type PackageManager = (typeof lockfiles)[number][1];

export interface CheckPlan {
  /** Shell command lines; null where there is nothing to do. */
  install: string | null;
  build: string | null;
  test: string | null;
  /** Path of the lockfile at the repository's root; null without one. */
  lockfile: string | null;
}

export interface PackageManifest {
  type?: string;
  packageManager?: string;
  scripts: Record<string, string>;
  hasDependencies: boolean;
  isWorkspaceRoot: boolean;
}

/** Reads what matters here out of a package.json; null for a missing or broken one. */
export function readManifest(text: string | null): PackageManifest | null {
  const data = parseObject(text);
  if (!data) return null;
  const scripts = Object.entries(asObject(data.scripts) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'];
  return {
    ...(typeof data.packageManager === 'string' ? { packageManager: data.packageManager } : {}),
    ...(typeof data.type === 'string' ? { type: data.type } : {}),
    scripts: Object.fromEntries(scripts),
    hasDependencies: groups.some((group) => Object.keys(asObject(data[group]) ?? {}).length > 0),
    isWorkspaceRoot: data.workspaces !== undefined,
  };
}

/** `rootFiles` are the names at the top of the base commit. */
export function chooseChecks(
  service: Pick<Service, 'installCommand' | 'buildCommand' | 'testCommand'>,
  manifest: PackageManifest | null,
  rootFiles: readonly string[],
): CheckPlan {
  const [lockfile, lockManager] = lockfiles.find(([name]) => rootFiles.includes(name)) ?? [null, null];
  const named = /^(npm|pnpm|yarn|bun)@/.exec(manifest?.packageManager ?? '')?.[1] as PackageManager | undefined;
  const manager = lockManager ?? named ?? 'npm';
  const needsInstall = manifest !== null && (manifest.hasDependencies || manifest.isWorkspaceRoot);
  return {
    lockfile,
    install: service.installCommand ?? (needsInstall ? installCommand(manager, lockfile, manifest, rootFiles) : null),
    build: service.buildCommand ?? (manifest?.scripts.build ? `${manager} run build` : null),
    test: service.testCommand ?? testCommand(manager, manifest),
  };
}

function installCommand(
  manager: PackageManager,
  lockfile: string | null,
  manifest: PackageManifest,
  rootFiles: readonly string[],
): string {
  if (lockfile === null) return `${manager} install`;
  if (manager === 'npm') return 'npm ci --no-audit --no-fund';
  const isModernYarn = /^yarn@[2-9]/.test(manifest.packageManager ?? '') || rootFiles.includes('.yarnrc.yml');
  if (manager === 'yarn' && isModernYarn) return 'yarn install --immutable';
  return `${manager} install --frozen-lockfile`;
}

function testCommand(manager: PackageManager, manifest: PackageManifest | null): string | null {
  const script = manifest?.scripts.test;
  // What `npm init` writes says that there are no tests, and fails.
  if (!script || /no test specified/i.test(script)) return null;
  const more = reportingArguments(script, chooseRunner(script));
  if (more === '') return `${manager} run test`;
  return manager === 'npm' ? `npm run test -- ${more}` : `${manager} run test ${more}`;
}
