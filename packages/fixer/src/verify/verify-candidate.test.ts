// Verification of real small packages: what passes, what is refused, and what a person is told.
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { detectBubblewrap } from '../adapters/bubblewrap/bubblewrap-sandbox.js';
import { DiskWorkspace } from '../adapters/workspace/disk-workspace.js';
import { ExecaProcessRunner } from '../adapters/process/execa-process-runner.js';
import { NoSandbox } from '../adapters/no-sandbox/no-sandbox.js';
import type { Service } from '../domain/service.js';
import { prepareBase } from './prepare-base.js';
import { verifyCandidate } from './verify-candidate.js';
import type { VerifyDeps } from './verify-deps.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'verify-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const processes = new ExecaProcessRunner({ killGraceMs: 200 });
const detection = await detectBubblewrap(processes, { nodePath: process.execPath, scratchFolder: root });
if (!detection.sandbox) {
  if (process.env.REQUIRE_SANDBOX === '1') throw new Error(detection.reason);
  console.log(`skipped: verification inside the real sandbox (${detection.reason})`);
}
const sandboxes = [new NoSandbox(), ...(detection.sandbox ? [detection.sandbox] : [])];

type Files = Record<string, string>;

/** Commits are plain records of files, exported to a folder as git would. */
function commitsDouble(commits: Record<string, Files>): VerifyDeps['repository'] {
  return {
    exportCommit: (_repoPath, commit, folder) => {
      for (const [path, text] of Object.entries(commits[commit]!)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return Promise.resolve();
    },
    readFile: (_repoPath, commit, path) => Promise.resolve(commits[commit]?.[path] ?? null),
    listFiles: (_repoPath, commit) => Promise.resolve(Object.keys(commits[commit] ?? {})),
  };
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function changedFiles(base: Files, fix: Files) {
  const paths = new Set([...Object.keys(base), ...Object.keys(fix)]);
  return [...paths].filter((path) => base[path] !== fix[path]).map((path) => ({ path, oldPath: null }));
}

let jobs = 0;
function setUp(
  commits: Record<string, Files>,
  service: Partial<Service> = {},
  sandbox: VerifyDeps['sandbox'] = new NoSandbox(),
) {
  const folder = join(root, `job-${++jobs}`);
  const repoPath = join(root, `repo-${jobs}`);
  mkdirSync(repoPath);
  const deps: VerifyDeps = {
    repository: commitsDouble(commits),
    processes,
    sandbox,
    workspace: new DiskWorkspace(root, processes),
    env: { PATH: process.env.PATH ?? '' },
  };
  const whole: Service = {
    name: 'shop',
    repoPath,
    baseBranch: 'main',
    installCommand: undefined,
    buildCommand: undefined,
    testCommand: undefined,
    installTimeoutMs: 10_000,
    buildTimeoutMs: 10_000,
    testTimeoutMs: 10_000,
    protectedPaths: [],
    ...service,
  };
  const prepare = () => prepareBase(deps, { service: whole, baseCommit: 'base', folder });
  const verify = async (regressionTest: string | null = null, error = reported) =>
    verifyCandidate(deps, {
      service: whole,
      base: await prepare(),
      commit: 'fix',
      changed: changedFiles(commits.base ?? {}, commits.fix ?? {}),
      regressionTest,
      error,
      failingCommit: commits.release ? 'release' : null,
      folder,
    });
  return { deps, folder, repoPath, prepare, verify };
}

const reported = {
  type: 'TypeError',
  message: "Cannot read properties of undefined (reading 'length')",
  stack: ['    at total (/srv/shop/src/cart.js:1:52)', '    at handle (/srv/shop/src/server.js:9:3)'],
};
const manifest = (scripts: Record<string, string>, more = {}) =>
  JSON.stringify({ name: 'shop', type: 'module', scripts, ...more });
const test = (body: string) => `import test from 'node:test';\nimport assert from 'node:assert';\n${body}\n`;
const base: Files = {
  'package.json': manifest({ test: 'node --test' }),
  'src/cart.js': 'export const total = (cart) => cart.items.length;\n',
  'test/cart.test.js': test(
    `import { total } from '../src/cart.js';\ntest('counts items', () => assert.equal(total({ items: [1] }), 1));`,
  ),
};
const fixed = 'export const total = (cart) => cart.items?.length ?? 0;\n';

describe.each(sandboxes)('verifyCandidate in sandbox $kind', (sandbox) => {
  it('passes a change that keeps the tests green', async () => {
    const { verify } = setUp({ base, fix: { ...base, 'src/cart.js': fixed } }, {}, sandbox);
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: true, result: 'verified' });
    expect(verdict.checks).toMatchObject([
      { name: 'test', status: 'passed', exitCode: 0, passedTests: ['counts items'], failedTests: [] },
    ]);
  });

  it('refuses a change that breaks a test, and says which', async () => {
    const { verify } = setUp({ base, fix: { ...base, 'src/cart.js': 'export const total = () => 2;\n' } }, {}, sandbox);
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: false, newlyFailed: ['counts items'] });
    expect(verdict.reason).toContain('"counts items"');
  });

  it('lets tests use installed modules, which a change to them does not outlive', async () => {
    const commits = {
      ...base,
      'package.json': manifest({ test: 'node --test' }, { dependencies: { dep: '1.0.0' } }),
      'package-lock.json': '{"lockfileVersion":3}',
      'test/dep.test.js': test(
        `import dep from 'dep';\nimport fs from 'node:fs';\ntest('uses dep', () => assert.equal(dep, 42));
         test('writes a cache', () => fs.writeFileSync('node_modules/.cache/x', 'x'));`,
      ),
    };
    const { repoPath, folder, verify } = setUp(
      { base: commits, fix: { ...commits, 'src/cart.js': fixed } },
      {},
      sandbox,
    );
    writeFileSync(join(repoPath, 'package-lock.json'), '{"lockfileVersion":3}');
    mkdirSync(join(repoPath, 'node_modules/dep'), { recursive: true });
    writeFileSync(join(repoPath, 'node_modules/dep/index.js'), 'module.exports = 42');
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: true });
    expect(verdict.checks[0]?.passedTests).toContain('uses dep');
    expect(existsSync(join(folder, 'base/node_modules/.cache/x'))).toBe(false);
  });
});

describe.skipIf(!detection.sandbox)('hostile tests in the real sandbox', () => {
  it('reach neither the notes nor the modules of the fixer, nor the host, nor outlive their run', async () => {
    const mark = `mark-${randomUUID()}`;
    const hostile = test(
      `import fs from 'node:fs';\nimport { spawn } from 'node:child_process';
       const seen = ['../prepared.json', '../base/package.json', '/etc/shadow', '/root/.bashrc'].filter((path) => fs.existsSync(path));
       const tries = ['../prepared.json', '../base/src/cart.js', '../evil', '../../evil', 'node_modules/dep/index.js', '/evil'];
       const done = tries.filter((path) => { try { fs.writeFileSync(path, 'evil'); return true; } catch { return false; } });
       spawn('sh', ['-c', 'trap "" TERM; while :; do echo ${mark} >> late; sleep 0.05; done'], { detached: true, stdio: 'ignore' }).unref();
       test('report ' + JSON.stringify({ done, seen, keys: Object.keys(process.env).filter((key) => /TOKEN|SECRET|KEY/.test(key)) }), () => {});`,
    );
    const withDep = {
      ...base,
      'package.json': manifest({ test: 'node --test' }, { dependencies: { dep: '1.0.0' } }),
      'package-lock.json': '{}',
    };
    const { repoPath, folder, verify } = setUp(
      { base: withDep, fix: { ...withDep, 'src/cart.js': fixed, 'test/hostile.test.js': hostile } },
      {},
      detection.sandbox ?? new NoSandbox(),
    );
    writeFileSync(join(repoPath, 'package-lock.json'), '{}');
    mkdirSync(join(repoPath, 'node_modules/dep'), { recursive: true });
    writeFileSync(join(repoPath, 'node_modules/dep/index.js'), 'kept');
    process.env.VERIFY_SECRET = 'x';
    const verdict = await verify();
    delete process.env.VERIFY_SECRET;
    // The folder above is an empty one of the box: what is written there vanishes with it.
    const report = verdict.checks[0]?.passedTests?.find((name) => name.startsWith('report ')) ?? '';
    expect(JSON.parse(report.slice(7))).toMatchObject({ seen: [], keys: [] });
    expect(report).not.toMatch(/node_modules|"\/evil"/);
    expect(readFileSync(join(folder, 'base/node_modules/dep/index.js'), 'utf8')).toBe('kept');
    expect([join(folder, 'evil'), join(root, 'evil')].some((path) => existsSync(path))).toBe(false);
    expect(readFileSync(join(folder, 'prepared.json'), 'utf8')).not.toContain('evil');
    expect(readFileSync(join(folder, 'base/src/cart.js'), 'utf8')).not.toContain('evil');
    const isRunning = () => readdirSync('/proc').some((pid) => commandOf(pid).includes(mark));
    // The kernel takes a box's processes with it, in its own time.
    await vi.waitUntil(() => !isRunning(), { timeout: 10_000 });
  });
});

describe('verifyCandidate', () => {
  it('does not hold red tests of the base against a change, but tells', async () => {
    const red = { ...base, 'test/red.test.js': test(`test('was red', () => assert.fail());`) };
    const { verify } = setUp({ base: red, fix: { ...red, 'src/cart.js': fixed } });
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: true, result: 'verified' });
    expect(verdict.reason).toContain('"was red"');
  });

  it('refuses more red in a suite that was red already', async () => {
    const red = { ...base, 'test/red.test.js': test(`test('was red', () => assert.fail());`) };
    const { verify } = setUp({ base: red, fix: { ...red, 'src/cart.js': 'export const total = () => 2;\n' } });
    expect(await verify()).toMatchObject({ isPassed: false, newlyFailed: ['counts items'] });
  });

  it.each<[string, Files]>([
    ['deleted', { 'test/cart.test.js': '' }],
    ['skipped', { 'test/cart.test.js': base['test/cart.test.js']!.replace("test('", "test.skip('") }],
    ['renamed', { 'test/cart.test.js': base['test/cart.test.js']!.replace('counts items', 'counts') }],
  ])('refuses a change by which a test is %s', async (_, change) => {
    const { verify } = setUp({ base, fix: { ...base, ...change } });
    const verdict = await verify();
    expect(verdict.isPassed).toBe(false);
    expect(verdict.reason).toContain('1 test no longer run: "counts items"');
  });

  it('runs the tests as they were on the base too, so that an edited one excuses nothing', async () => {
    const neutralised = `import '../test/calm.js';\n${base['test/cart.test.js']}`;
    const calm = `import assert from 'node:assert';\nassert.equal = () => {};\n`;
    const broken = { ...base, 'src/cart.js': 'export const total = () => 7;\n' };
    const { verify } = setUp({ base, fix: { ...broken, 'test/cart.test.js': neutralised, 'test/calm.js': calm } });
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: false, newlyFailed: ['counts items'] });
    expect(verdict.reason).toMatch(/^The tests as they were on the base commit: /);
    expect(verdict.checks.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'test: passed',
      'base tests on fix: failed',
    ]);
  });

  it('runs the tests of the base without new ones that share their process', async () => {
    const all = `import fs from 'node:fs';
      for (const file of fs.readdirSync('test').sort()) if (file.endsWith('.test.js')) await import('./' + file);\n`;
    const one = { ...base, 'package.json': manifest({ test: 'node test/all.js' }), 'test/all.js': all };
    const quiet = test(`assert.equal = () => {};\ntest('quiet', () => {});`);
    const { verify } = setUp({
      base: one,
      fix: { ...one, 'src/cart.js': 'export const total = () => 7;\n', 'test/a.test.js': quiet },
    });
    const verdict = await verify();
    expect(verdict.isPassed).toBe(false);
    expect(verdict.reason).toMatch(/^The tests as they were on the base commit: /);
  });

  it('runs the test command and runner settings of the base, whatever the change says', async () => {
    const { verify } = setUp({
      base,
      fix: { ...base, 'package.json': manifest({ test: 'true' }), 'src/cart.js': 'export const total = () => 2;\n' },
    });
    expect(await verify()).toMatchObject({ isPassed: false, newlyFailed: ['counts items'] });
  });

  it('refuses a run that ends early with exit code 0', async () => {
    const { verify } = setUp({ base, fix: { ...base, 'src/cart.js': 'process.exit(0);\nexport const total = 1;\n' } });
    const verdict = await verify();
    expect(verdict.isPassed).toBe(false);
    expect(verdict.reason).toContain('no longer run');
  });

  it('runs tests that newly fail once more, and says that they waver', async () => {
    // The home is made anew for each run, the folder above it is not: the marker survives from run to run.
    const wavering = {
      ...base,
      'test/wavering.test.js': test(
        `import fs from 'node:fs';\nconst runs = '../runs.txt';\nfs.appendFileSync(runs, 'x');
         test('wavers', () => assert.notEqual(fs.readFileSync(runs, 'utf8').length, 2));`,
      ),
    };
    const { verify } = setUp({ base: wavering, fix: { ...wavering, 'src/cart.js': fixed } });
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: true, result: 'verified' });
    expect(verdict.reason).toContain('Failed once and passed when run again: "wavers"');
  });

  it('does not let a test that wavered on the base excuse a change that breaks it', async () => {
    const wavering = {
      ...base,
      'test/wavering.test.js': test(
        `import fs from 'node:fs';\nimport { total } from '../src/cart.js';\nconst runs = '../runs.txt';\nfs.appendFileSync(runs, 'x');
         test('wavers', () => { assert.notEqual(fs.readFileSync(runs, 'utf8').length, 1); assert.equal(total({ items: [] }), 0); });`,
      ),
    };
    const { prepare, verify } = setUp({
      base: wavering,
      fix: { ...wavering, 'src/cart.js': 'export const total = (cart) => cart.items.length || 1;\n' },
    });
    expect((await prepare()).baseline).toMatchObject([{ status: 'passed', failedTests: [] }]);
    expect(await verify()).toMatchObject({ isPassed: false, newlyFailed: ['wavers'] });
  });

  it('does not excuse a test that fails twice', async () => {
    const { verify, folder } = setUp({
      base,
      fix: {
        ...base,
        'src/cart.js': `import fs from 'node:fs'; fs.appendFileSync('../runs.txt', 'x'); export const total = () => 2;`,
      },
    });
    expect((await verify()).isPassed).toBe(false);
    expect(readFileSync(join(folder, 'runs.txt'), 'utf8')).toBe('xx');
  });

  it('refuses a broken build and does not go on to the tests', async () => {
    const built = { ...base, 'package.json': manifest({ build: 'node --check src/cart.js', test: 'node --test' }) };
    const { verify } = setUp({ base: built, fix: { ...built, 'src/cart.js': 'export const total = (' } });
    const verdict = await verify();
    expect(verdict).toMatchObject({
      isPassed: false,
      checks: [
        { name: 'build', status: 'failed' },
        { name: 'test', status: 'skipped' },
      ],
    });
    expect(verdict.reason).toContain('The build failed with exit code 1');
  });

  it('ends tests that hang at the deadline', async () => {
    const { verify } = setUp(
      {
        base,
        fix: {
          ...base,
          'src/cart.js': 'setInterval(() => {}, 1000); await new Promise(() => {}); export const total = 1;',
        },
      },
      { testTimeoutMs: 1_500 },
    );
    const verdict = await verify();
    expect(verdict).toMatchObject({ isPassed: false, checks: [{ status: 'timeout' }] });
    expect(verdict.reason).toContain('did not end in time');
  });

  it('falls back to exit codes for output it does not understand', async () => {
    const plain = { ...base, 'package.json': manifest({ test: 'node check.js' }), 'check.js': 'process.exit(0)' };
    expect(await setUp({ base: plain, fix: { ...plain, 'check.js': 'process.exit(0);' } }).verify()).toMatchObject({
      isPassed: true,
    });
    expect(await setUp({ base: plain, fix: { ...plain, 'check.js': 'process.exit(1)' } }).verify()).toMatchObject({
      isPassed: false,
    });
    const red = { ...plain, 'check.js': 'process.exit(1)' };
    const verdict = await setUp({ base: red, fix: red }).verify();
    expect(verdict).toMatchObject({ isPassed: true });
    expect(verdict.reason).toContain('already failing on the base commit');
  });

  it('says so when nothing could be checked', async () => {
    const bare = { 'index.js': '' };
    const verdict = await setUp({ base: bare, fix: bare }).verify();
    expect(verdict).toMatchObject({ isPassed: true, result: 'verified', checks: [] });
    expect(verdict.reason).toContain('nothing was run');
  });

  it('keeps secrets out of the output of checks', async () => {
    const loud = { ...base, 'test/loud.test.js': test(`console.log('key-' + '123456789');`) };
    const { deps, verify } = setUp({ base: loud, fix: loud });
    deps.secrets = ['key-123456789'];
    expect((await verify()).checks[0]?.output).toMatch(/\[redacted/);
  });
});

describe('prepareBase', () => {
  it('finds its finished work again, and starts over for another commit', async () => {
    const { deps, prepare, folder } = setUp({ base });
    const first = await prepare();
    deps.processes = { run: () => Promise.reject(new Error('must not run')) };
    expect(await prepare()).toEqual(first);
    writeFileSync(join(folder, 'prepared.json'), 'rubbish');
    await expect(prepare()).rejects.toThrow('must not run');
  });

  it('says what to do when dependencies cannot be installed, and whether waiting may help', async () => {
    const commits = { ...base, 'package.json': manifest({ test: 'node --test' }, { dependencies: { dep: '1' } }) };
    await expect(
      setUp({ base: commits }, { installCommand: 'echo no such package; exit 3' }).prepare(),
    ).rejects.toMatchObject({
      code: 'dependencies_unavailable',
      isRetryable: false,
      message: expect.stringContaining('no such package') as string,
    });
    await expect(
      setUp({ base: commits }, { installCommand: 'echo ENOTFOUND; exit 1' }).prepare(),
    ).rejects.toMatchObject({
      isRetryable: true,
    });
  });

  it('does not take a command that is missing here for a red suite', async () => {
    const commits = { ...base, 'package.json': manifest({ test: 'no-such-runner test' }) };
    await expect(setUp({ base: commits }).prepare()).rejects.toMatchObject({
      code: 'check_command_missing',
      message: expect.stringContaining('no-such-runner') as string,
    });
  });

  it('installs when the checkout has other dependencies', async () => {
    const commits = { ...base, 'package.json': manifest({ test: 'node --test' }, { dependencies: { dep: '1' } }) };
    const { prepare } = setUp({ base: commits }, { installCommand: 'mkdir -p node_modules/dep && echo installed' });
    const prepared = await prepare();
    expect(prepared.baseline[0]).toMatchObject({ name: 'install', status: 'passed', output: 'installed\n' });
    expect(prepared.modules.packages).toEqual(['.']);
  });
});

describe('proof', () => {
  const regression = (body: string) => ({
    'test/regression.test.js': test(`import { total } from '../src/cart.js';\n${body}`),
  });
  const prove = async (change: Files, { from = base, path = 'test/regression.test.js', error = reported } = {}) => {
    const { verify } = setUp({ base: from, fix: { ...from, 'src/cart.js': fixed, ...change } });
    return verify(path, error);
  };

  it('is given by a test that fails in the reported code on the base and passes on the fix', async () => {
    const verdict = await prove(regression(`test('empty cart', () => assert.equal(total({}), 0));`));
    expect(verdict).toMatchObject({ isPassed: true, result: 'proven', reason: null });
    expect(verdict.checks.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'test: passed',
      'proof on base: failed',
      'proof on fix: passed',
    ]);
  });

  describe('when the error happened in another commit than the base', () => {
    const proveAgainst = async (release: Files, from = base) => {
      const fix = { ...from, 'src/cart.js': fixed, ...regression(`test('empty', () => assert.equal(total({}), 0));`) };
      const { verify } = setUp({ release, base: from, fix });
      const verdict = await verify('test/regression.test.js');
      return { verdict, runs: verdict.checks.map(({ name, status }) => `${name}: ${status}`) };
    };

    it('is given by a test that fails there and on the base', async () => {
      const older = { ...base, 'src/cart.js': `// An older file.\n${base['src/cart.js']}` };
      const { verdict, runs } = await proveAgainst(older);
      expect(verdict).toMatchObject({ result: 'proven', reason: null });
      expect(runs).toEqual([
        'test: passed',
        'proof on release: failed',
        'proof on base: failed',
        'proof on fix: passed',
      ]);
    });

    it('is not given by a test that passes there', async () => {
      const { verdict } = await proveAgainst({ ...base, 'src/cart.js': fixed });
      expect(verdict).toMatchObject({ result: 'verified', reason: expect.stringContaining('shows something else') });
    });

    it('tells that the base holds a fix already', async () => {
      const guarded = {
        ...base,
        'src/cart.js': 'export const total = (cart) => (cart.items ? cart.items.length : 0);\n',
      };
      const { verdict, runs } = await proveAgainst(base, guarded);
      expect(verdict).toMatchObject({ result: 'verified', reason: expect.stringContaining('waits for its deploy') });
      expect(runs).toEqual(['test: passed', 'proof on release: failed', 'proof on base: passed']);
    });

    it('takes nothing from a proof when the test cannot be run there', async () => {
      const { 'src/cart.js': _, ...without } = base;
      expect((await proveAgainst(without)).verdict).toMatchObject({ result: 'proven', reason: null });
    });
  });

  it('holds for a test added to an existing file', async () => {
    const path = 'test/cart.test.js';
    const verdict = await prove(
      { [path]: `${base[path]}test('empty cart', () => assert.equal(total({}), 0));\n` },
      { path },
    );
    expect(verdict).toMatchObject({ isPassed: true, result: 'proven' });
  });

  it('lays what the change puts beside the test over the base too', async () => {
    const change = {
      'test/data/carts.json': '[{}]',
      'test/regression.test.js': test(
        `import fs from 'node:fs';\nimport { total } from '../src/cart.js';
         const carts = JSON.parse(fs.readFileSync(new URL('data/carts.json', import.meta.url), 'utf8'));
         test('empty carts', () => assert.deepEqual(carts.map(total), [0]));`,
      ),
    };
    expect(await prove(change)).toMatchObject({ result: 'proven' });
  });

  it('builds what the test stands on, on both commits', async () => {
    const build = `import fs from 'node:fs';\nfs.mkdirSync('dist', { recursive: true });\nfs.copyFileSync('src/cart.js', 'dist/cart.js');\n`;
    const from = {
      ...base,
      'build.js': build,
      'package.json': manifest({ build: 'node build.js', test: 'node --test test/' }),
      'test/cart.test.js': base['test/cart.test.js']!.replace('../src/', '../dist/'),
    };
    const change = {
      'test/regression.test.js': test(
        `import { total } from '../dist/cart.js';\ntest('empty cart', () => assert.equal(total({}), 0));`,
      ),
    };
    const error = { ...reported, stack: reported.stack.map((line) => line.replace('/src/', '/dist/')) };
    expect(await prove(change, { from, error })).toMatchObject({ result: 'proven' });
  });

  it('does not take a mistake of the same type elsewhere in the file for the reported one', async () => {
    const both = 'export const total = (cart) => cart.items.length;\nexport const first = (cart) => cart.items[0];\n';
    const mended = both.replace('cart.items[0]', 'cart.items?.[0]');
    const change = {
      'src/cart.js': mended,
      'test/regression.test.js': test(
        `import { first } from '../src/cart.js';\ntest('first of none', () => assert.equal(first({}), undefined));`,
      ),
    };
    const verdict = await prove(change, { from: { ...base, 'src/cart.js': both } });
    expect(verdict).toMatchObject({ isPassed: true, result: 'verified' });
    expect(verdict.reason).toMatch(/another error than the reported/);
  });

  it('accepts an error that the application logged while the test only saw its effect', async () => {
    const server = `import { total } from './cart.js';\nexport function handle(cart) { try { return { status: 200, total: total(cart) }; } catch (error) { console.error(error); return { status: 500 }; } }\n`;
    const from = { ...base, 'src/server.js': server };
    const change = {
      'test/regression.test.js': test(
        `import { handle } from '../src/server.js';\ntest('answers', () => assert.equal(handle({}).status, 200));`,
      ),
    };
    expect(await prove(change, { from })).toMatchObject({ result: 'proven' });
  });

  it.each<[string, string, RegExp]>([
    [
      'passes on the base too',
      `test('x', () => assert.equal(total({ items: [] }), 0));`,
      /passes on the base commit too/,
    ],
    [
      'throws the reported text itself',
      `import fs from 'node:fs';\ntest('x', () => { if (!fs.readFileSync('src/cart.js', 'utf8').includes('?.')) throw new TypeError("Cannot read properties of undefined (reading 'length')"); });`,
      /fails by itself/,
    ],
    [
      'checks the source and fails by an assertion',
      `import fs from 'node:fs';\ntest('x', () => assert.match(fs.readFileSync('src/cart.js', 'utf8'), /items\\?\\./));`,
      /fails by itself/,
    ],
    [
      'makes up a stack',
      `import fs from 'node:fs';\ntest('x', () => { if (!fs.readFileSync('src/cart.js', 'utf8').includes('?.')) { const e = new TypeError('x'); e.stack = 'TypeError: x\\n    at total (' + process.cwd() + '/src/cart.js:1:1)'; throw e; } });`,
      /stack of its own/,
    ],
    ['fails on the fix as well', `test('x', () => { total({}); total(); });`, /newly|did not fail before|of 5 runs/],
  ])('is not given by a test that %s', async (_, body, words) => {
    const verdict = await prove(regression(body));
    expect(verdict.isPassed && verdict.result).not.toBe('proven');
    expect(verdict.reason).toMatch(words);
  });

  it('is not given by a test that only lacks an export or a module of the fix', async () => {
    const named = await prove({
      'src/cart.js': `${fixed}export const count = () => 1;\n`,
      'test/regression.test.js': test(
        `import { count } from '../src/cart.js';\ntest('x', () => assert.equal(count(), 1));`,
      ),
    });
    expect(named).toMatchObject({ result: 'verified', reason: expect.stringContaining('does not load') as string });
    const late = await prove({
      'src/cart.js': `${fixed}export const count = () => 1;\n`,
      'test/regression.test.js': test(
        `import * as cart from '../src/cart.js';\ntest('x', () => assert.equal(cart.count(), 1));`,
      ),
    });
    expect(late).toMatchObject({ result: 'verified', reason: expect.stringContaining('fails by itself') as string });
    const module = await prove({
      'src/new.js': 'export const count = () => 1;\n',
      'test/regression.test.js': test(
        `import { count } from '../src/new.js';\ntest('x', () => assert.equal(count(), 1));`,
      ),
    });
    expect(module).toMatchObject({ result: 'verified', reason: expect.stringContaining('does not load') as string });
  });

  it('is not given by another error than the reported one', async () => {
    const error = { type: 'RangeError', message: 'x', stack: ['    at charge (/srv/shop/src/pay.js:1:2)'] };
    const verdict = await prove(regression(`test('x', () => assert.equal(total({}), 0));`), { error });
    expect(verdict).toMatchObject({ result: 'verified', reason: expect.stringContaining('another error') as string });
  });

  it.each(['test/missing.test.js', '../outside.test.js', '/etc/passwd', ''])(
    'is not looked for at "%s"',
    async (path) => {
      expect(await prove({}, { path })).toMatchObject({
        result: 'verified',
        reason: expect.stringContaining('not part of the change') as string,
      });
    },
  );

  it('runs a test in the package that it belongs to', async () => {
    const from = {
      'package.json': manifest({ test: 'npm run test --workspaces' }),
      'packages/cart/package.json': manifest({ test: 'node --test' }),
      'packages/cart/src/cart.js': base['src/cart.js']!,
    };
    const { verify } = setUp(
      {
        base: from,
        fix: {
          ...from,
          'packages/cart/src/cart.js': fixed,
          'packages/cart/test/r.test.js': test(
            `import { total } from '../src/cart.js';\ntest('x', () => assert.equal(total({}), 0));`,
          ),
        },
      },
      { testCommand: 'true' },
    );
    expect(await verify('packages/cart/test/r.test.js')).toMatchObject({ result: 'proven' });
  });
});
