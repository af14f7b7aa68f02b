// Which files belong to the tests of a repository, and which steer how tests are run.
import { globMatcher, normalisePath } from './match-path.js';

const testName =
  /(?:(?:[._-](?:test|spec|e2e|cy)|[._](?:tests|specs))\.[cm]?[jt]sx?|^tests?\.[cm]?[jt]sx?|^test[-_].*\.(?:py|[cm]?[jt]s)|_test\.(?:py|go|rb|exs?)|_spec\.rb|(?:test|tests|spec)\.(?:java|kt|cs|php|swift))$/;
const testFolder = /^(?:.*\/)?(?:tests?|__tests__|specs?|__mocks__|__snapshots__|__fixtures__|e2e|cypress)\//;

/** Files with test cases, and what lies with them: helpers, fixtures, snapshots. */
export function isTestPath(path: string): boolean {
  const plain = normalisePath(path);
  return testFolder.test(plain) || testName.test(plain.slice(plain.lastIndexOf('/') + 1)) || plain.endsWith('.snap');
}

const code = '{js,cjs,mjs,ts,cts,mts,json}';
const steering = [
  `{vitest,vite,jest,ava,karma,playwright,cypress,wdio,web-test-runner,babel,nyc,c8,tap}*.{config,conf,workspace,setup}*.${code}`,
  `{jest,vitest}.*.${code}`,
  '.mocharc*',
  '.nycrc*',
  '.c8rc*',
  '.taprc',
  '.babelrc*',
  '.swcrc',
  '.jasmine*',
  'jasmine.json',
  '.istanbul*',
  '{,.}codecov.{yml,yaml}',
  '.coveragerc',
  `setup{tests,-tests,_tests}.${code.replace('}', ',jsx,tsx}')}`,
  `{global-setup,global-teardown,globalsetup,globalteardown,test-setup,setup-tests}.{js,cjs,mjs,ts,cts,mts}`,
  '{test,tests,__tests__,spec}/{setup,setup-*,global,globals,bootstrap}.{js,cjs,mjs,ts,cts,mts}',
  'pytest.ini',
  'tox.ini',
  'conftest.py',
  'noxfile.py',
  'phpunit.xml*',
  '.rspec',
  'spec/spec_helper.rb',
  'test/mocha.opts',
].map(globMatcher);

export function isRunnerConfig(path: string): boolean {
  return steering.some((matches) => matches(path));
}
