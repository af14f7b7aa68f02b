// The gate's own gate: each dependency rule is seen to catch a planted violation, and the real tree is really looked at.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
const fixer = 'packages/fixer/src';
const kit = '@levautofix/service-kit';

/** A small tree that obeys every rule: the plants go beside it, so that a rule that cries wolf shows too. */
const lawful: Record<string, string> = {
  'packages/contract/src/severity.ts': `import 'zod'; export type Severity = 'low'; export const severities = [];`,
  'packages/service-kit/src/fault.ts': `export class Fault extends Error {}`,
  'packages/service-kit/src/clock.ts': `export interface Clock { now(): number } export const systemClock = {};`,
  'packages/service-kit/src/env.ts': `export const env = {};`,
  'packages/watcher/src/tail/resume-point.ts': `export const resume = {};`,
  'packages/watcher/src/adapters/files/file-source.ts': `import 'chokidar'; import '../../tail/resume-point.js'; import '${kit}/fault';`,
  'packages/watcher/src/main.ts': `import '${kit}/env'; import '${kit}/clock'; import './adapter-free.js';`,
  'packages/watcher/src/adapter-free.ts': `export const a = 1;`,
  [`${fixer}/domain/job.ts`]: `import type { Severity } from '@levautofix/contract/severity'; export type Job = Severity;`,
  [`${fixer}/job/transition.ts`]: `import type { Job } from '../domain/job.js'; export type T = Job;`,
  [`${fixer}/ports/job-store.ts`]: `import type { Job } from '../domain/job.js'; export type S = Job;`,
  [`${fixer}/ports/job-store.conformance.ts`]: `import 'vitest'; import '../job/transition.js';`,
  [`${fixer}/queue/run-worker.ts`]: `import { createHash } from 'node:crypto'; import '${kit}/fault';
    import type { Clock } from '${kit}/clock'; import type { S } from '../ports/job-store.js'; export type Q = [S, Clock, typeof createHash];`,
  [`${fixer}/queue/run-worker.test.ts`]: `import 'vitest'; import '../adapters/sqlite/job-store.js';`,
  [`${fixer}/checkout/prepare.ts`]: `export const prepare = 1;`,
  [`${fixer}/adapters/sqlite/job-store.ts`]: `import 'libsql'; import 'node:fs/promises'; import '../../ports/job-store.js';`,
  [`${fixer}/adapters/process/runner.ts`]: `import 'execa'; import { kill } from 'node:process'; export const end = kill;`,
  [`${fixer}/http/app.ts`]: `import 'express'; import '../queue/run-worker.js';`,
  [`${fixer}/config/config.ts`]: `import '${kit}/env'; import 'node:fs';`,
  [`${fixer}/pipeline.ts`]: `import './queue/run-worker.js'; import './checkout/prepare.js';`,
  [`${fixer}/compose.ts`]: `import './pipeline.js'; import './adapters/sqlite/job-store.js'; import './http/app.js'; import './config/config.js';`,
  [`${fixer}/main.ts`]: `import { argv } from 'node:process'; import './compose.js'; import '${kit}/clock'; export const a = argv;`,
  'packages/dashboard/src/app.ts': `import '@levautofix/contract/severity';`,
  'test/double.ts': `export const double = 1;`,
};

const vendors = config.forbidden.flatMap(({ name }) => /^one-home-for-(.+)$/.exec(name)?.[1] ?? []);
const packageOf = (vendor: string) => ({ octokit: '@octokit/rest', secretlint: '@secretlint/core' })[vendor] ?? vendor;

/** Rule, offending file, its text. */
const plants: [rule: string, file: string, text: string][] = [
  ['stages-are-strangers', `${fixer}/repair/a.ts`, `import '../checkout/prepare.js';`],
  [
    'stages-are-strangers',
    'packages/watcher/src/relay/a.ts',
    `import type { resume } from '../tail/resume-point.js'; export type R = typeof resume;`,
  ],
  ['no-cycles', `${fixer}/domain/egg.ts`, `import type { Hen } from './hen.js'; export type Egg = Hen | 1;`],
  ['contract-imports-zod-only', 'packages/contract/src/a.ts', `import 'node:crypto';`],
  ['contract-imports-zod-only', 'packages/contract/src/b.ts', `import '${kit}/fault';`],
  ['domain-stays-pure', `${fixer}/domain/a.ts`, `import 'node:fs';`],
  ['domain-stays-pure', `${fixer}/domain/b.ts`, `import '../ports/job-store.js';`],
  ['job-stays-pure', `${fixer}/job/a.ts`, `import type { S } from '../ports/job-store.js'; export type A = S;`],
  ['ports-stay-pure', `${fixer}/ports/a.ts`, `import '../job/transition.js';`],
  ['ports-stay-pure', `${fixer}/ports/b.ts`, `import type { Agent } from 'node:http'; export type A = Agent;`],
  ['stages-stay-pure', `${fixer}/verify/a.ts`, `import 'node:fs/promises';`],
  ['stages-stay-pure', `${fixer}/verify/b.ts`, `import '${kit}/env';`],
  ['stages-stay-pure', `${fixer}/verify/c.ts`, `import 'libsql';`],
  ['stages-stay-pure', `${fixer}/verify/d.ts`, `import '../config/config.js';`],
  ['stages-stay-pure', `${fixer}/verify/e.ts`, `import '../adapters/sqlite/job-store.js';`],
  [
    'stages-are-given-their-clock',
    `${fixer}/approve/a.ts`,
    `import { systemClock } from '${kit}/clock'; export const c = systemClock;`,
  ],
  ['adapters-are-strangers', `${fixer}/adapters/mongo/a.ts`, `import '../sqlite/job-store.js';`],
  ['adapters-know-ports-only', `${fixer}/adapters/git/a.ts`, `import '../../queue/run-worker.js';`],
  ['adapters-know-ports-only', `${fixer}/adapters/git/b.ts`, `import '../../job/transition.js';`],
  ['adapters-know-ports-only', `${fixer}/adapters/git/c.ts`, `import '../../http/app.js';`],
  ['compose-alone-names-adapters', `${fixer}/cli/a.ts`, `import '../adapters/sqlite/job-store.js';`],
  ['compose-is-reached-by-entry-points', `${fixer}/http/a.ts`, `import '../compose.js';`],
  ['nothing-imports-main', `${fixer}/cli/b.ts`, `import '../main.js';`],
  ['main-alone-touches-process', `${fixer}/cli/c.ts`, `import { env } from 'node:process'; export const e = env;`],
  ['pipeline-knows-no-edges', `${fixer}/pipeline-state.ts`, `import './http/app.js';`],
  ['http-knows-no-commands', `${fixer}/http/b.ts`, `import '../config/config.js';`],
  ['config-reads-only', `${fixer}/config/a.ts`, `import '../compose.js';`],
  ['config-reads-only', `${fixer}/config/b.ts`, `import 'node:net';`],
  ['services-are-strangers', `${fixer}/cli/d.ts`, `import '@levautofix/watcher/adapter-free';`],
  ['kit-knows-no-service', 'packages/service-kit/src/a.ts', `import '@levautofix/watcher/adapter-free';`],
  ['kit-file-has-two-users', 'packages/service-kit/src/lonely.ts', `export const lonely = 1;`],
  ['dashboard-imports-contract-only', 'packages/dashboard/src/a.ts', `import '${kit}/fault';`],
  ['production-code-needs-no-tests', `${fixer}/cli/e.ts`, `import '../queue/run-worker.test.js';`],
  ['production-code-needs-no-tests', `${fixer}/cli/f.ts`, `import '../../../../test/double.js';`],
  ['no-barrels', `${fixer}/domain/index.ts`, `export * from './job.js';`],
  ['no-dumping-grounds', `${fixer}/cli/g.ts`, `import './utils.js';`],
  ['no-dumping-grounds', `${fixer}/cli/h.ts`, `import '../helpers/text.js';`],
  ['no-unresolvable', `${fixer}/cli/i.ts`, `import './not-there.js';`],
  ['no-undeclared-package', `${fixer}/cli/j.ts`, `import 'stowaway';`],
  ...vendors.map((vendor): [string, string, string] => [
    `one-home-for-${vendor}`,
    `${fixer}/domain/vendor-${vendor}.ts`,
    `import '${packageOf(vendor)}';`,
  ]),
];

/** Targets of plants that are themselves none. */
const besides: Record<string, string> = {
  [`${fixer}/domain/hen.ts`]: `import type { Egg } from './egg.js'; export type Hen = Egg | 2;`,
  [`${fixer}/cli/utils.ts`]: `export const a = 1;`,
  [`${fixer}/helpers/text.ts`]: `export const a = 1;`,
};

describe('the dependency rules', () => {
  let caught: { rule: string; from: string }[];
  let innocent: { rule: string; from: string }[];

  beforeAll(async () => {
    innocent = (await cruiseTree(lawful)).violations;
    const planted = Object.fromEntries(plants.map(([, file, text]) => [file, text]));
    caught = (await cruiseTree({ ...lawful, ...besides, ...planted })).violations;
  });

  it('find nothing wrong with a tree that obeys them', () => {
    expect(innocent).toEqual([]);
  });

  it.each(plants)('%s catches %s', (rule, file) => {
    expect(caught.filter(({ from }) => from === file).map((violation) => violation.rule)).toContain(rule);
  });

  it('are each planted against', () => {
    const planted = new Set(plants.map(([rule]) => rule));
    expect(config.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });

  it('see every source of the real tree', async () => {
    const { modules } = await cruise(root);
    const seen = new Set(modules);
    const unseen = sources().filter((path) => !seen.has(path));
    expect(unseen).toEqual([]);
    expect(seen.size).toBeGreaterThan(150);
  });
});

describe('the lint rules', () => {
  const file = join(root, `${fixer}/domain/incident.ts`);
  const eslint = new ESLint({ cwd: root, ruleFilter: ({ ruleId }) => !ruleId.startsWith('@typescript-eslint/') });

  it.each([
    ['the clock', 'export const a = Date.now();', 'no-restricted-properties'],
    ['the date of today', 'export const a = new Date();', 'no-restricted-syntax'],
    ['a timer', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
    ['the process', 'export const a = process.env;', 'no-restricted-globals'],
    ['chance', 'export const a = Math.random();', 'no-restricted-properties'],
    ['the network', `void fetch('http://127.0.0.1');`, 'no-restricted-globals'],
    ['a re-export of everything', `export * from './job.js';`, 'no-restricted-syntax'],
  ])('keep %s out of the core', async (_, text, rule) => {
    const [result] = await eslint.lintText(`${text}\n`, { filePath: file });
    expect(result!.messages.map(({ ruleId }) => ruleId)).toEqual([rule]);
  });

  it('let the core turn a given time into a date', async () => {
    const [result] = await eslint.lintText('export const a = new Date(5);\n', { filePath: file });
    expect(result!.messages).toEqual([]);
  });
});

it('every source file opens by saying what it owns', () => {
  const silent = sources().filter(
    (path) =>
      path.startsWith('packages/') &&
      !/\.test\.ts$/.test(path) &&
      !/^(#!.*\n)?\/[/*]/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(silent).toEqual([]);
});

function sources(): string[] {
  return ['packages', 'scripts', 'test']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
    )
    .filter((path) => path.endsWith('.ts') && !/\/(node_modules|dist|fixtures)\//.test(path));
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function cruiseTree(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'levautofix-architecture-'));
  folders.push(folder);
  const npm = [...new Set([...vendors.map(packageOf), 'zod', 'vitest'])];
  const dependencies = Object.fromEntries(npm.map((name) => [name, '*']));
  const all: Record<string, string> = {
    'package.json': '{}',
    'tsconfig.base.json': readFileSync(join(root, 'tsconfig.base.json'), 'utf8'),
    ...files,
  };
  for (const name of ['contract', 'service-kit', 'watcher', 'fixer', 'dashboard']) {
    const exports = { './*': { source: './src/*.ts', default: './dist/*.js' } };
    const workspace = Object.fromEntries(
      ['contract', 'service-kit', 'watcher'].map((kin) => [`@levautofix/${kin}`, '*']),
    );
    all[`packages/${name}/package.json`] = JSON.stringify({
      name: `@levautofix/${name}`,
      type: 'module',
      exports,
      dependencies: { ...dependencies, ...workspace },
    });
  }
  for (const name of [...npm, 'stowaway']) {
    all[`node_modules/${name}/package.json`] = JSON.stringify({ name, main: 'index.js' });
    all[`node_modules/${name}/index.js`] = 'module.exports = {};';
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, 'node_modules/@levautofix'), { recursive: true });
  for (const name of ['contract', 'service-kit', 'watcher', 'fixer']) {
    await symlink(join(folder, 'packages', name), join(folder, 'node_modules/@levautofix', name));
  }
  await mkdir(join(folder, 'scripts'), { recursive: true });
  await copyFile(join(root, '.dependency-cruiser.cjs'), join(folder, '.dependency-cruiser.cjs'));
  return cruise(folder);
}

interface CruiseResult {
  modules: { source: string }[];
  summary: { violations: { rule: { name: string }; from: string }[] };
}

async function cruise(folder: string) {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'scripts', 'test'];
  const output = await new Promise<string>((resolve, reject) => {
    // It exits with the number of violations, which the JSON says better.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1e9 }, (error, stdout, stderr) =>
      stdout ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
  const { modules, summary } = JSON.parse(output) as CruiseResult;
  return {
    modules: modules.map(({ source }) => source),
    violations: summary.violations.map(({ rule, from }) => ({ rule: rule.name, from })),
  };
}
