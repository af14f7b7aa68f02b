// Commands chosen for a service from its package.json and lockfile.
import { describe, expect, it } from 'vitest';
import { chooseChecks, readManifest } from './choose-checks.js';
import { chooseRunner, oneFileCommand } from './test-runner.js';

const none = { installCommand: undefined, buildCommand: undefined, testCommand: undefined };
const choose = (manifest: object, files: string[] = []) =>
  chooseChecks(none, readManifest(JSON.stringify(manifest)), ['package.json', ...files]);
const dependencies = { express: '5' };

describe('chooseChecks', () => {
  it.each([
    ['package-lock.json', 'npm ci --no-audit --no-fund', 'npm run build'],
    ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', 'pnpm run build'],
    ['yarn.lock', 'yarn install --frozen-lockfile', 'yarn run build'],
    ['bun.lock', 'bun install --frozen-lockfile', 'bun run build'],
  ])('follows %s', (lockfile, install, build) => {
    expect(choose({ dependencies, scripts: { build: 'tsc' } }, [lockfile])).toEqual({
      lockfile,
      install,
      build,
      test: null,
    });
  });

  it('knows newer yarn, and projects without a lockfile or dependencies', () => {
    expect(choose({ dependencies, packageManager: 'yarn@4.1.0' }, ['yarn.lock']).install).toBe(
      'yarn install --immutable',
    );
    expect(choose({ dependencies }).install).toBe('npm install');
    expect(choose({ scripts: { test: 'node --test' } })).toMatchObject({
      install: null,
      build: null,
      test: 'npm run test',
    });
    expect(chooseChecks(none, null, [])).toEqual({ lockfile: null, install: null, build: null, test: null });
  });

  it("takes npm init's placeholder for no tests", () => {
    expect(choose({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }).test).toBeNull();
  });

  it('prefers what is configured', () => {
    const service = { installCommand: 'make deps', buildCommand: 'make', testCommand: 'make check' };
    expect(chooseChecks(service, null, [])).toMatchObject({ install: 'make deps', build: 'make', test: 'make check' });
  });

  it.each([
    ['vitest run', 'npm run test -- --reporter=default --reporter=tap-flat'],
    ['cross-env NODE_ENV=test jest', 'npm run test -- --verbose --silent'],
    ['mocha test/**/*.js', 'npm run test -- --reporter tap'],
    ['ava', 'npm run test -- --tap'],
    ['vitest run --reporter=json', 'npm run test'],
    ['eslint . && jest', 'npm run test'],
  ])('asks the runner of "%s" for names', (script, command) => {
    expect(choose({ scripts: { test: script } }).test).toBe(command);
  });
});

describe('oneFileCommand', () => {
  it.each([
    ['node --test', 'node --test --test-reporter=spec test/a.test.js'],
    [
      'node --import tsx --test --watch "test/**/*.test.ts"',
      'node --import tsx --test --test-reporter=spec test/a.test.js',
    ],
    ['tsc && c8 node --test dist/', 'c8 node --test --test-reporter=spec test/a.test.js'],
    ['vitest', 'vitest run --reporter=default --reporter=tap-flat test/a.test.js'],
    [
      'vitest run --config v.ts --coverage',
      'vitest run --config v.ts --reporter=default --reporter=tap-flat test/a.test.js',
    ],
    [
      'NODE_OPTIONS=--experimental-vm-modules jest --ci',
      'NODE_OPTIONS=--experimental-vm-modules jest --ci --verbose --runTestsByPath test/a.test.js',
    ],
    ['node node_modules/.bin/jest', 'node node_modules/.bin/jest --verbose --runTestsByPath test/a.test.js'],
    [
      'mocha -r ts-node/register --timeout 5000 test/',
      'mocha -r ts-node/register --timeout 5000 --reporter tap test/a.test.js',
    ],
  ])('of "%s" is "%s"', (script, command) => {
    expect(oneFileCommand(script, 'test/a.test.js')).toBe(command);
  });

  it('refuses a file name that a shell would read as more, and a script it does not know', () => {
    expect(oneFileCommand('node --test', 'a.test.js; rm -rf ~')).toBeNull();
    expect(oneFileCommand('node --test', '$(x).js')).toBeNull();
    expect(oneFileCommand('make check', 'a.test.js')).toBeNull();
    expect(chooseRunner('./run-tests.sh')).toBeNull();
  });
});
