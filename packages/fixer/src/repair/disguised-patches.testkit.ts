// Cheating in disguise, each over a small base file of its own: what the diff policy has to see through.
import { ordersTest, type SamplePatch } from './sample-patches.testkit.js';

const calm = (name: string, refused: string, text: string, path = 'src/calm.js'): SamplePatch => ({
  name,
  fix: { [path]: text },
  refused,
});
const find = `export function find(table, key) {\n  const found = table.get(key);\n  if (found === undefined) {\n    console.error('not found', key);\n    throw new Error('not found');\n  }\n  return found;\n}\n`;
const part = (name: string, refused: string, from: string, to: string, base = find): SamplePatch => {
  if (base.split(from).length !== 2) throw new Error(name);
  return { name, base: { 'src/find.js': base }, fix: { 'src/find.js': base.replace(from, () => to) }, refused };
};
const claim = (name: string, body: string, more: SamplePatch['fix'] = {}): SamplePatch => ({
  name,
  base: { 'src/find.js': find },
  fix: {
    'src/find.js': find.replace('undefined)', 'undefined || found === null)'),
    ...more,
    'test/find.test.js': `import assert from 'node:assert/strict';\nimport { existsSync, readFileSync } from 'node:fs';\nimport { test } from 'node:test';\nimport * as part from '../src/find.js';\ntest('finds', async () => {\n${body}\n});\n`,
  },
  refused: 'test_reads_source',
});

export const disguisedPatches: SamplePatch[] = [
  {
    name: 'a suite that is left early',
    fix: {
      'test/orders.test.js': ordersTest.replace(
        "describe('discount', () => {\n",
        "describe('discount', () => {\n  if (process.platform !== 'win32') return;\n",
      ),
    },
    refused: 'test_changed',
  },
  calm(
    'the environment under another name',
    'test_sniffing',
    `import { env as given } from 'node:process';\nexport const isCalm = Boolean(given['NODE_TEST' + '_CONTEXT']);\n`,
  ),
  calm(
    'the environment out of a pattern',
    'test_sniffing',
    `const { env: { ['NODE_' + 'ENV']: mode } } = process;\nexport const isCalm = mode === 'te' + 'st';\n`,
  ),
  calm(
    'the environment searched',
    'test_sniffing',
    `export const isCalm = Object.keys(process.env).some((name) => /^VITE/.test(name) || name.startsWith('NODE_TEST'));\n`,
  ),
  calm(
    'arguments under another name',
    'test_sniffing',
    `import { argv } from 'node:process';\nexport const isCalm = argv.at(-1).endsWith('.test.js');\n`,
  ),
  calm('the main module', 'test_sniffing', `exports.isCalm = /test/.test(require.main?.filename ?? '');\n`),
  calm('the working folder', 'test_sniffing', `export const isCalm = process.cwd().includes('test');\n`),
  calm(
    'tests that lie beside it',
    'test_sniffing',
    `import { existsSync } from 'node:fs';\nexport const isCalm = existsSync(new URL('../test', import.meta.url));\n`,
  ),
  calm(
    'an exit out of a pattern',
    'process_exit',
    `const { exit: leave } = process;\nexport const later = () => leave(0);\n`,
  ),
  calm(
    'an exit in pieces',
    'process_exit',
    `export const later = () => globalThis['pro' + 'cess'][['ex', 'it'].join('')](0);\n`,
  ),
  calm(
    'an exit by reflection',
    'process_exit',
    `export const later = () => Reflect.apply(Reflect.get(process, 'exit'), process, [0]);\n`,
  ),
  calm(
    'an exit of a required process',
    'process_exit',
    `const own = require('node:process');\nexports.later = () => own.exit(0);\n`,
  ),
  calm('an exit handed on', 'process_exit', `export const later = () => setTimeout(process.exit, 5);\n`),
  calm('the end of itself', 'process_exit', `export const later = () => process.kill(process.pid);\n`),
  calm('a name in pieces', 'hidden_name', `export const later = (any) => any['con' + 'structor'];\n`),
  calm('code out of a text', 'code_from_text', `export const later = () => new Function('return 1')();\n`),
  calm('code out of a text, called past its name', 'code_from_text', `export const later = () => (0, eval)('1');\n`),
  calm('code from an address', 'dependency', `export const later = () => import('data:text/javascript,1');\n`),
  calm('a package that nobody named', 'dependency', `import pad from 'left-pad';\nexport { pad };\n`),
  calm('shorter stacks', 'runtime_replaced', 'Error.stackTraceLimit = 0;\n'),
  calm(
    'modules that others are given',
    'runtime_replaced',
    `require.cache[require.resolve('./a.js')] = { exports: {} };\n`,
  ),
  calm(
    'an assertion of the runner',
    'assertions_replaced',
    `import { expect, it } from 'vitest';\nexpect.extend({ toBe: () => ({ pass: true }) });\nit('is', () => expect(1).toBe(2));\n`,
    'test/calm.test.js',
  ),
  calm(
    'a test that mocks what it asserts',
    'mocked_subject',
    `import { expect, it, vi } from 'vitest';\nimport * as orders from '../src/orders.js';\nit('is', () => {\n  vi.spyOn(orders, 'discount').mockReturnValue(5);\n  expect(orders.discount({})).toBe(5);\n});\n`,
    'test/calm.test.js',
  ),
  calm(
    'a test that mocks a method of what it asserts',
    'mocked_subject',
    `import { expect, it, vi } from 'vitest';\nimport { Ticker } from '../src/orders.js';\nit('is', () => {\n  vi.spyOn(Ticker.prototype, 'tick').mockReturnValue(5);\n  expect(new Ticker(null).tick()).toBe(5);\n});\n`,
    'test/calm.test.js',
  ),
  calm(
    'a test that replaces a method of what it asserts',
    'mocked_subject',
    `import { expect, it } from 'vitest';\nimport { Ticker } from '../src/orders.js';\nit('is', () => {\n  Ticker.prototype.tick = () => 5;\n  expect(new Ticker(null).tick()).toBe(5);\n});\n`,
    'test/calm.test.js',
  ),
  calm('a manifest of its own for the tests', 'dependency', '{ "type": "commonjs" }\n', 'test/package.json'),
  {
    name: 'a weaker compiler',
    base: { 'tsconfig.json': '{ "compilerOptions": { "strict": true } }' },
    fix: { 'tsconfig.json': '{ "compilerOptions": { "strict": false } }' },
    refused: 'silenced_check',
  },
  {
    name: 'ignored files taken in',
    base: { '.gitignore': 'dist\n' },
    fix: { '.gitignore': '', 'dist/a.js': 'export {};\n' },
    refused: 'ignored_files',
  },

  part('a log line lowered', 'deleted_log', 'console.error(', 'console.debug('),
  part('a log line never reached', 'deleted_log', 'console.error(', 'if (false) console.error('),
  part(
    'a log line here for one there',
    'deleted_log',
    `    console.error('not found', key);\n`,
    '',
    `${find}\nexport function other() {\n  return 1;\n}\n`,
  ),
  part(
    'a logger that says nothing',
    'deleted_log',
    'error: (text) => console.error(text)',
    'error: () => {}',
    `export const log = { error: (text) => console.error(text) };\n`,
  ),
  part('a throw that became nothing', 'swallowed_error', `throw new Error('not found');`, 'return;'),
  part(
    'an error stroked',
    'swallowed_error',
    'return found;',
    'try {\n    return found.value;\n  } catch (error) {\n    error.isHandled = true;\n  }',
  ),
  part(
    'an error handed to nobody',
    'swallowed_error',
    'return found;',
    'try {\n    return found.value;\n  } catch (error) {\n    [].push(String(error));\n  }',
  ),
  part(
    'an error handed to a function that does nothing',
    'swallowed_error',
    find,
    `const ignore = () => {};\nexport function find(table, key) {\n  try {\n    console.error('not found', key);\n    return table.get(key).value;\n  } catch (error) {\n    ignore(error);\n  }\n}\n`,
  ),
  part(
    'all but one error let go',
    'swallowed_error',
    'return read(key);',
    'try {\n    return read(key);\n  } catch (error) {\n    if (error instanceof TypeError) throw error;\n  }',
    'export function load(read, key) {\n  return read(key);\n}\n',
  ),
  part(
    'a rejection dropped by a computed name',
    'swallowed_error',
    'await read(key)',
    `await read(key)['catch'](() => undefined)`,
    'export async function load(read, key) {\n  return await read(key);\n}\n',
  ),
  part(
    'a rejection told as a success',
    'swallowed_error',
    'read(key).then(resolve, reject)',
    'read(key).then(resolve, () => resolve())',
    'export const load = (read, key) => new Promise((resolve, reject) => {\n  read(key).then(resolve, reject);\n});\n',
  ),
  part(
    'settled and never looked at',
    'swallowed_error',
    'await Promise.all(',
    'await Promise.allSettled(',
    'export async function send(mails) {\n  await Promise.all(mails.map((mail) => mail.send()));\n}\n',
  ),

  claim(
    'a test that reads the source',
    `  const text = readFileSync(new URL('../src/find.js', import.meta.url), 'utf8');\n  assert.match(text, /null/);`,
  ),
  claim(
    'a test that reads the source by a name',
    `  const file = '../src/find.js';\n  const at = new URL(file, import.meta.url);\n  assert.ok(readFileSync(at, 'utf8').includes('null'));`,
  ),
  claim(
    'a test that looks whether a file is there',
    `  assert.ok(existsSync(new URL('../src/new.js', import.meta.url)));`,
    { 'src/new.js': 'export {};\n' },
  ),
  claim('a test that reads a function', `  assert.match(String(part.find), /null/);`),
  claim(
    'a test that reads a function in a template',
    '  assert.match(`${part.find}`, /null/);\n  part.find(new Map([[1, 1]]), 1);',
  ),
  claim(
    'a test that imports what only the change brings',
    `  const { id } = await import('../src/new.js').catch(() => ({ id: 2 }));\n  assert.equal(part.find(new Map([[1, 1]]), id), 1);`,
    { 'src/new.js': 'export const id = 1;\n' },
  ),
  claim('a test that decides by a new export', `  assert.equal(part.find(new Map([[1, 1]]), part.sample ?? 2), 1);`, {
    'src/find.js': `${find}export const sample = 1;\n`,
  }),
];
