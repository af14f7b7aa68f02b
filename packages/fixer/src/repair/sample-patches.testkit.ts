// Good and bad patches for the diff policy, as files before and after; a refusal names the kind that is expected.

export type Files = Record<string, string | null>;

export interface SamplePatch {
  name: string;
  /** Added to the base files. */
  base?: Files;
  /** Files after the change; null deletes one. */
  fix: Files;
  /** Kind of the refusal; undefined for a patch that must pass. */
  refused?: string;
  flagged?: string;
}

export const orders = `import { findCoupon } from './coupons.js';

export function discount(order) {
  const coupon = findCoupon(order.code);
  return coupon.percentOff;
}

export async function save(order, store) {
  try {
    await store.put(order);
  } catch (error) {
    console.error('order not saved', error);
    throw error;
  }
}

export function notify(user, mailer) {
  mailer.send(user.email);
}

export class Ticker {
  constructor(task) {
    this.task = task;
    this.closed = false;
  }
  async tick() {
    await this.task();
  }
}
`;

export const ordersTest = `import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { discount, save } from '../src/orders.js';

const cases = [
  ['TEN', 10],
  ['HALF', 50],
];

describe('discount', () => {
  for (const [code, percent] of cases) {
    test(\`\${code} takes off \${percent}\`, () => {
      assert.equal(discount({ code }), percent);
    });
  }

  test('is a number', () => {
    const value = discount({ code: 'TEN' });
    assert.equal(typeof value, 'number');
    assert.ok(value > 0);
  });
});

test('saves', async () => {
  const seen = [];
  await save({ id: 1 }, { put: async (order) => seen.push(order) });
  assert.deepEqual(seen, [{ id: 1 }]);
});
`;

export const manifest = `{
  "name": "shop",
  "version": "1.0.0",
  "type": "module",
  "scripts": { "test": "node scripts/run-tests.mjs", "start": "node src/server.js", "lint": "eslint src/orders.js" },
  "dependencies": { "express": "^5.0.0" }
}
`;

export const baseFiles: Files = {
  'package.json': manifest,
  'src/orders.js': orders,
  'src/coupons.js': 'export const findCoupon = (code) => ({ TEN: { percentOff: 10 } })[code];\n',
  'src/server.js':
    "import express from 'express';\nexport const app = express();\napp.get('/orders/:id', async (req, res) => {\n  const order = await app.locals.find(req.params.id);\n  res.json({ id: order.id });\n});\n",
  'test/orders.test.js': ordersTest,
  'test/helper.js': "export function sample() {\n  return { code: 'TEN' };\n}\n",
  'test/data.json': '{ "orders": [{ "id": 1 }] }\n',
  'test/__snapshots__/a.test.js.snap': 'exports[`a 1`] = `1`;\n',
  'scripts/run-tests.mjs': "console.log('run');\n",
};

const source = (from: string, to: string): Files => ({ 'src/orders.js': replace(orders, from, to) });
const tests = (from: string, to: string): Files => ({
  ...guarded,
  'test/orders.test.js': replace(ordersTest, from, to),
});
const server = (from: string, to: string): Files => ({
  'src/server.js': replace(baseFiles['src/server.js'] ?? '', from, to),
});
const guarded = source('  return coupon.percentOff;', '  if (!coupon) return 0;\n  return coupon.percentOff;');
const percent = '  return coupon.percentOff;';
const newTest = (body: string, imports = ''): Files => ({
  ...guarded,
  'test/unknown.test.js': `import assert from 'node:assert/strict';\nimport { mock, test } from 'node:test';\n${imports}import { discount } from '../src/orders.js';\ntest('unknown', (t) => {\n${body}\n});\n`,
});

function replace(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the sample does not hold ${from}`);
  return text.replace(from, () => to);
}

export const goodPatches: SamplePatch[] = [
  {
    name: 'something of one’s own kept on the global object',
    fix: { 'src/db.js': 'export const db = (globalThis.shopDatabase ??= { rows: [] });\n' },
  },
  {
    name: 'settings of the runtime',
    fix: {
      'src/start.js':
        "import http from 'node:http';\nprocess.title = 'shop';\nError.stackTraceLimit = 50;\nhttp.globalAgent.maxSockets = 50;\n",
    },
  },
  {
    name: 'a class that is called like one of the runtime',
    fix: { 'src/event.js': 'export class Event {}\nEvent.count = 0;\nObject.assign(Event, { names: [] });\n' },
  },
  {
    name: 'a rejection whose fallback is used',
    fix: source(
      '  mailer.send(user.email);',
      '  const isSent = await mailer.send(user.email).catch(() => false);\n  return isSent;',
    ),
  },
  {
    name: 'an assertion of the source',
    fix: {
      'src/check.js': "import assert from 'node:assert';\nexport const check = (value) => assert(value, 'no value');\n",
    },
  },
  {
    name: 'a new test that silences the console',
    fix: newTest("  t.mock.method(console, 'error', () => {});\n  assert.equal(discount({ code: 'NO' }), 0);"),
  },
  {
    name: 'an answer that was given before',
    fix: server('  res.json({ id: order.id });', '  if (res.headersSent) return;\n  res.json({ id: order.id });'),
    flagged: 'swallowed_error',
  },
  {
    name: 'a callback that is called once',
    fix: {
      'src/once.js':
        'export function once(task, callback) {\n  let called = false;\n  task((error, value) => {\n    if (called) return;\n    called = true;\n    callback(error, value);\n  });\n}\n',
    },
    flagged: 'swallowed_error',
  },
  {
    name: 'a timeout that cleans up',
    fix: {
      'src/wait.js':
        "export const wait = (task, ms) =>\n  new Promise((resolve, reject) => {\n    const timer = setTimeout(() => reject(new Error('late')), ms);\n    task().then(resolve, reject).finally(() => clearTimeout(timer));\n  });\n",
    },
  },
  {
    name: 'commonjs with a guard',
    fix: {
      'src/old.cjs':
        "const { find } = require('./coupons.js');\nmodule.exports = (code) => {\n  const found = find(code);\n  if (found == null) return 0;\n  return found.percentOff;\n};\n",
    },
  },
  {
    name: 'a new typed test for vitest',
    fix: {
      ...guarded,
      'src/orders.test.ts':
        "import { describe, expect, it, vi } from 'vitest';\nimport { discount } from './orders.js';\n\ndescribe('discount', () => {\n  it.each([['NO', 0]])('%s is %i', (code, percent) => {\n    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});\n    expect(discount({ code })).toBe(percent);\n    warn.mockRestore();\n  });\n});\n",
    },
  },
  {
    name: 'a catch that logs and falls through to a default',
    fix: source(
      percent,
      "  try {\n    return coupon.percentOff;\n  } catch (error) {\n    console.warn('no coupon', error);\n  }\n  return 0;",
    ),
    flagged: 'swallowed_error',
  },
  {
    name: 'a background task that logs its failure',
    fix: source(
      '    await this.task();',
      "    try {\n      await this.task();\n    } catch (error) {\n      console.error('tick failed', error);\n    }",
    ),
    flagged: 'swallowed_error',
  },
  {
    name: 'a row that is skipped aloud',
    fix: {
      'src/import.js':
        "export function load(rows) {\n  const good = [];\n  for (const row of rows) {\n    try {\n      good.push(JSON.parse(row));\n    } catch (error) {\n      console.warn('bad row', error);\n      continue;\n    }\n  }\n  return good;\n}\n",
    },
    flagged: 'swallowed_error',
  },
  {
    name: 'an else branch with a value',
    fix: source(percent, '  if (coupon) {\n    return coupon.percentOff;\n  } else {\n    return 0;\n  }'),
  },
  {
    name: 'a throw that became an answer',
    fix: source('    throw error;', '    return false;'),
    flagged: 'deleted_throw',
  },
  {
    name: 'a variable called test',
    fix: source(percent, '  const test = coupon ?? { percentOff: 0 };\n  return test.percentOff;'),
  },
  { name: 'a guard that returns a value', fix: guarded },
  { name: 'optional chaining with a fallback', fix: source(percent, '  return coupon?.percentOff ?? 0;') },
  {
    name: 'a catch that returns a fallback',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch {\n    return 0;\n  }'),
  },
  {
    name: 'a catch that returns null',
    fix: source(percent, '  try {\n    return JSON.parse(coupon);\n  } catch {\n    return null;\n  }'),
  },
  {
    name: 'a catch that rolls back and throws again',
    fix: source(
      '    await store.put(order);\n  } catch (error) {',
      '    await store.put(order);\n  } catch (error) {\n    await store.rollback();',
    ),
  },
  {
    name: 'a new catch that rolls back',
    fix: source(
      '  mailer.send(user.email);',
      '  try {\n    mailer.send(user.email);\n  } catch (error) {\n    mailer.reset(user);\n  }',
    ),
  },
  {
    name: 'a catch that answers with an error',
    fix: server(
      '  res.json({ id: order.id });',
      "  if (!order) return res.status(404).json({ error: 'not found' });\n  res.json({ id: order.id });",
    ),
  },
  {
    name: 'an answer, then a bare return',
    fix: server(
      '  res.json({ id: order.id });',
      '  if (!order) {\n    res.status(404).end();\n    return;\n  }\n  res.json({ id: order.id });',
    ),
  },
  {
    name: 'next with the error, then a bare return',
    fix: server(
      '  res.json({ id: order.id });',
      "  if (!order) {\n    next(new Error('gone'));\n    return;\n  }\n  res.json({ id: order.id });",
    ),
  },
  {
    name: 'a rejection that is passed on',
    fix: source(
      '  mailer.send(user.email);',
      '  return mailer.send(user.email).catch((error) => { throw new Error("mail", { cause: error }); });',
    ),
  },
  {
    name: 'a rejection with a fallback value',
    fix: source('  mailer.send(user.email);', '  return mailer.send(user.email).catch(() => false);'),
  },
  {
    name: 'a rejection that is logged and answered',
    fix: source(
      '  mailer.send(user.email);',
      "  return mailer.send(user.email).catch((error) => {\n    console.error('mail failed', error);\n    return false;\n  });",
    ),
  },
  {
    name: 'an overlap guard without a value',
    fix: source('    await this.task();', '    if (this.closed) return;\n    await this.task();'),
    flagged: 'swallowed_error',
  },
  {
    name: 'a shared promise against a race',
    fix: source(
      '    await this.task();',
      '    this.running ??= this.task().finally(() => { this.running = undefined; });\n    await this.running;',
    ),
  },
  {
    name: 'a missing await',
    fix: server('const order = await app.locals.find', 'const order = await app.locals.findOne'),
  },
  { name: 'a wrong import', fix: source("'./coupons.js'", "'./coupon-store.js'") },
  {
    name: 'a log line added',
    fix: source(
      percent,
      "  if (!coupon) console.warn('unknown coupon', order.code);\n  return coupon?.percentOff ?? 0;",
    ),
  },
  {
    name: 'a log line reworded',
    fix: source(
      "console.error('order not saved', error);",
      "console.error('order could not be saved', { id: order.id, error });",
    ),
  },
  {
    name: 'a log line moved to another file',
    fix: {
      ...source("    console.error('order not saved', error);\n", '    report(error);\n'),
      'src/report.js': "export const report = (error) => console.error('order not saved', error);\n",
    },
  },
  {
    name: 'a missing configuration with a default',
    fix: { 'src/config.js': 'export const limit = Number(process.env.LIMIT ?? 10);\n' },
  },
  {
    name: 'a missing configuration that stops the start',
    fix: {
      'src/config.js':
        "if (!process.env.DATABASE_URL) {\n  console.error('DATABASE_URL is not set');\n  process.exit(1);\n}\n",
    },
    flagged: 'process_exit',
  },
  {
    name: 'a production switch',
    fix: { 'src/config.js': "export const isSecure = process.env.NODE_ENV === 'production';\n" },
    flagged: 'test_sniffing',
  },
  {
    name: 'text that only speaks of tests',
    fix: source(
      percent,
      "  if (!coupon) throw new TypeError('unknown coupon; see test/orders.test.js, process.exit(0), NODE_ENV=test');\n  return coupon.percentOff;",
    ),
  },
  {
    name: 'a regular expression method called test',
    fix: source(percent, '  return /^\\d+$/.test(order.code) ? 0 : coupon.percentOff;'),
  },
  { name: 'reformatting of a string', fix: source("'order not saved'", '"order not saved"') },
  {
    name: 'a comment in an empty spot',
    fix: source(percent, '  // A coupon may be gone by now.\n  return coupon ? coupon.percentOff : 0;'),
  },
  { name: 'a new test file', fix: newTest("  assert.equal(discount({ code: 'NO' }), 0);") },
  { name: 'a new test that expects a throw', fix: newTest('  assert.throws(() => discount({}), TypeError);') },
  {
    name: 'a new test that mocks a neighbour',
    fix: newTest(
      "  const send = mock.fn();\n  t.mock.method(console, 'warn', () => {});\n  assert.equal(discount({ code: 'NO' }), 0);\n  send();",
    ),
  },
  {
    name: 'a new test that sets NODE_ENV',
    fix: newTest("  process.env.NODE_ENV = 'test';\n  assert.equal(discount({ code: 'NO' }), 0);"),
  },
  {
    name: 'a new test in an existing file',
    fix: tests(
      "test('saves'",
      "test('unknown codes take nothing off', () => {\n  assert.equal(discount({ code: 'NO' }), 0);\n});\n\ntest('saves'",
    ),
  },
  {
    name: 'a new test in an existing suite',
    fix: tests(
      "  test('is a number'",
      "  test('is nothing for an unknown code', () => {\n    assert.equal(discount({ code: 'NO' }), 0);\n  });\n\n  test('is a number'",
    ),
  },
  {
    name: 'a new test at the end with a new import',
    fix: tests('import { discount, save }', 'import { discount, notify, save }'),
  },
  { name: 'a new row in a table of cases', fix: tests("  ['HALF', 50],", "  ['HALF', 50],\n  ['NO', 0],") },
  {
    name: 'a stronger existing test',
    fix: tests('    assert.ok(value > 0);', '    assert.ok(value > 0);\n    assert.ok(value <= 100);'),
  },
  {
    name: 'an existing test file, reformatted',
    fix: tests('  assert.deepEqual(seen, [{ id: 1 }]);', '  assert.deepEqual(\n    seen,\n    [{ id: 1 }],\n  );'),
  },
  {
    name: 'a new helper beside the tests',
    fix: { ...guarded, 'test/make-order.js': 'export const makeOrder = () => ({ id: 1 });\n' },
  },
  { name: 'more test data', fix: { ...guarded, 'test/data.json': '{ "orders": [{ "id": 1 }, { "id": 2 }] }\n' } },
  { name: 'a file that lint looks at', fix: guarded },
  {
    name: 'a typed source',
    fix: { 'src/types.ts': 'export const first = <T,>(items: readonly T[]): T | undefined => items[0];\n' },
  },
  { name: 'an emoji of a family', fix: { 'src/greeting.js': "export const family = '👨‍👩‍👧';\n" } },
  { name: 'a greek word', fix: { 'src/greeting.js': "export const hello = 'γειά σου';\n" } },
  {
    name: 'an example address without a password',
    fix: { 'src/config.js': "export const url = process.env.URL ?? 'mongodb://localhost:27017/shop';\n" },
  },
  {
    name: 'a description of the package',
    fix: { 'package.json': replace(manifest, '"version": "1.0.0"', '"version": "1.0.1"') },
    flagged: 'manifest',
  },
  {
    name: 'an early return with a value in an event handler',
    fix: {
      'src/events.js':
        "export const handle = (event, emit) => {\n  if (!event.id) return emit('bad', event);\n  emit('good', event);\n};\n",
    },
  },
  {
    name: 'a stream error that ends the request',
    fix: {
      'src/pipe.js':
        "export function pipe(stream, res) {\n  stream.on('error', (error) => res.destroy(error));\n  stream.pipe(res);\n}\n",
    },
  },
  {
    name: 'an error event that is logged',
    fix: {
      'src/pipe.js':
        "export function watch(stream) {\n  stream.on('error', (error) => console.error('stream', error));\n}\n",
    },
  },
  {
    name: 'a retry that gives up loudly',
    fix: {
      'src/retry.js':
        'export async function retry(task, times) {\n  for (let i = 1; ; i++) {\n    try {\n      return await task();\n    } catch (error) {\n      if (i >= times) throw error;\n    }\n  }\n}\n',
    },
  },
];

export const badPatches: SamplePatch[] = [
  ...[
    ['a call', 'Object.assign(assert, { equal() {} });'],
    ['a mock', "mock.method(assert, 'equal', () => {});"],
    ['an import for its effects', "import './quiet.js';"],
  ].map(([how, line]) => ({
    name: `existing tests that run with something else, by ${how}`,
    fix: tests('const cases', `${line}\n\nconst cases`),
    refused: 'test_changed',
  })),
  {
    name: 'assertions replaced by a helper',
    fix: { ...guarded, 'test/quiet.js': "import assert from 'node:assert/strict';\nassert.equal = () => {};\n" },
    refused: 'assertions_replaced',
  },
  {
    name: 'assertions replaced in a hook',
    fix: tests('const cases', 'before(() => {\n  assert.equal = () => {};\n});\n\nconst cases'),
    refused: 'assertions_replaced',
  },
  ...[
    ['assertions', "import assert from 'node:assert/strict';\nassert.equal = () => {};", 'assertions_replaced'],
    [
      'a property of the assertions',
      "const assert = require('node:assert').strict;\nObject.defineProperty(assert, 'equal', { value() {} });",
      'assertions_replaced',
    ],
    ['the console', 'console.error = () => {};', 'runtime_replaced'],
    ['a prototype', 'Array.prototype.map = () => [];', 'runtime_replaced'],
    ['a global', 'globalThis.Error = class {};', 'runtime_replaced'],
    ['the events of the process', 'process.emit = () => false;', 'runtime_replaced'],
    ['the output', 'process.stdout.write = () => true;', 'runtime_replaced'],
  ].map(([what, text, refused]) => ({
    name: `source that replaces ${what}`,
    fix: { 'src/quiet.js': `${text}\n` },
    refused: refused ?? '',
  })),
  {
    name: 'source that uses the test runner',
    fix: { 'src/quiet.js': "import { mock } from 'node:test';\nmock.reset();\n" },
    refused: 'test_import',
  },
  {
    name: 'every error caught by the process',
    fix: { 'src/quiet.js': 'process.setUncaughtExceptionCaptureCallback(() => {});\n' },
    refused: 'swallowed_error',
  },
  {
    name: 'an exit under another name',
    fix: { 'src/quiet.js': 'const { exit: end } = process;\nsetTimeout(() => end(0));\n' },
    refused: 'process_exit',
  },
  {
    name: 'an exit imported',
    fix: { 'src/quiet.js': "import { exit } from 'node:process';\nsetTimeout(() => exit(0));\n" },
    refused: 'process_exit',
  },
  {
    name: 'an exit by a computed name',
    fix: { 'src/quiet.js': "process['ex' + 'it'](0);\n" },
    refused: 'process_exit',
  },
  {
    name: 'a variable of the runner put together',
    fix: source(percent, `  if (process.env['NODE_' + 'TEST' + '_CONTEXT']) return 10;\n${percent}`),
    refused: 'test_sniffing',
  },
  ...['true;', '!0;', 'if (false) throw 1;', 'if (coupon) {\n    } else ;'].map((busy) => ({
    name: `a catch that only looks busy: ${busy.split('\n')[0]}`,
    fix: source(percent, `  try {\n    return coupon.percentOff;\n  } catch {\n    ${busy}\n  }`),
    refused: 'swallowed_error',
  })),
  {
    name: 'a rejection with a value that nobody takes',
    fix: source('  mailer.send(user.email);', '  mailer.send(user.email).catch(() => null);'),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection given to a function that does nothing',
    fix: source(
      'export function notify(user, mailer) {\n  mailer.send(user.email);',
      'const ignore = () => {};\n\nexport function notify(user, mailer) {\n  mailer.send(user.email).catch(ignore);',
    ),
    refused: 'swallowed_error',
  },
  {
    name: 'source that hides among the tests',
    fix: {
      ...source("'./coupons.js'", "'../test/coupons.js'"),
      'test/coupons.js': 'export const findCoupon = () => { try { return f(); } catch {} };\n',
    },
    refused: 'test_import',
  },
  {
    name: 'a catch that only logs where a value is due',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch (error) {\n    console.error(error);\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch that only keeps the error',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch (error) {\n    const seen = error;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch that logs and leaves a request hanging',
    fix: server(
      '  res.json({ id: order.id });',
      '  try {\n    res.json({ id: order.id });\n  } catch (error) {\n    if (error) console.error(error);\n  }',
    ),
    refused: 'swallowed_error',
  },
  {
    name: 'a bare return in the other branch',
    fix: source(percent, '  if (coupon) {\n    return coupon.percentOff;\n  } else {\n    return;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'anything but production',
    fix: source(percent, "  if (process.env.NODE_ENV !== 'production') return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'a secret sign between test and source',
    fix: source(percent, '  if (globalThis.__TEST__) return 10;\n  return coupon.percentOff;'),
    refused: 'test_sniffing',
  },
  {
    name: 'a secret variable',
    fix: source(percent, '  if (process.env.IS_TEST) return 10;\n  return coupon.percentOff;'),
    refused: 'test_sniffing',
  },
  {
    name: 'a manual mock of the subject',
    fix: { ...guarded, 'src/__mocks__/orders.js': 'export const discount = () => 0;\n' },
    refused: 'mocked_subject',
  },
  {
    name: 'an empty catch',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch {}'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch with a comment only',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch (error) {\n    // never mind\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch with a bare return',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch {\n    return;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch that returns undefined',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch {\n    return undefined;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a catch that looks busy',
    fix: source(percent, '  try {\n    return coupon.percentOff;\n  } catch (error) {\n    void error;\n    ;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'an existing catch that is emptied',
    fix: source("    console.error('order not saved', error);\n    throw error;\n", ''),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection swallowed',
    fix: source('  mailer.send(user.email);', '  mailer.send(user.email).catch(() => {});'),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection swallowed by undefined',
    fix: source('  mailer.send(user.email);', '  return mailer.send(user.email).catch(() => undefined);'),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection swallowed by a function',
    fix: source('  mailer.send(user.email);', '  mailer.send(user.email).catch(function () {});'),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection swallowed by noop',
    fix: source('  mailer.send(user.email);', '  mailer.send(user.email).catch(noop);'),
    refused: 'swallowed_error',
  },
  {
    name: 'a rejection swallowed by then',
    fix: source('  mailer.send(user.email);', '  mailer.send(user.email).then(done, () => {});'),
    refused: 'swallowed_error',
  },
  {
    name: 'an error event swallowed',
    fix: source('  mailer.send(user.email);', "  mailer.on('error', () => {});\n  mailer.send(user.email);"),
    refused: 'swallowed_error',
  },
  {
    name: 'every crash swallowed',
    fix: server(
      'export const app',
      "process.on('uncaughtException', (error) => console.error(error));\nexport const app",
    ),
    refused: 'swallowed_error',
  },
  {
    name: 'every rejection swallowed',
    fix: server('export const app', "process.on('unhandledRejection', () => {});\nexport const app"),
    refused: 'swallowed_error',
  },
  {
    name: 'a finally that returns',
    fix: source('    throw error;\n  }', '    throw error;\n  } finally {\n    return;\n  }'),
    refused: 'swallowed_error',
  },
  {
    name: 'a bare early return where a value is due',
    fix: source(percent, '  if (!coupon) return;\n  return coupon.percentOff;'),
    refused: 'swallowed_error',
  },
  {
    name: 'the same in braces',
    fix: source(percent, '  if (coupon === undefined) {\n    return;\n  }\n  return coupon.percentOff;'),
    refused: 'swallowed_error',
  },
  {
    name: 'a bare early return that leaves a request hanging',
    fix: server('  res.json({ id: order.id });', '  if (!order) return;\n  res.json({ id: order.id });'),
    refused: 'swallowed_error',
  },
  {
    name: 'a bare early return on missing input',
    fix: source('  mailer.send(user.email);', '  if (!user?.email) return;\n  mailer.send(user.email);'),
    refused: 'swallowed_error',
  },
  {
    name: 'a deleted log line',
    fix: source("    console.error('order not saved', error);\n", ''),
    refused: 'deleted_log',
  },
  {
    name: 'a log line made quiet',
    fix: source("console.error('order not saved', error);", "console.debug('order not saved', error);"),
    refused: 'deleted_log',
  },
  {
    name: 'NODE_ENV',
    fix: source(percent, "  if (process.env.NODE_ENV === 'test') return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'NODE_ENV by another door',
    fix: source(
      percent,
      "  const { NODE_ENV } = process.env;\n  if (NODE_ENV === 'test') return 10;\n  return coupon.percentOff;",
    ),
    refused: 'test_sniffing',
  },
  {
    name: 'NODE_ENV in brackets',
    fix: source(percent, "  if (process.env['NODE_ENV']?.startsWith('te')) return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'VITEST',
    fix: source(percent, '  if (process.env.VITEST) return 10;\n  return coupon.percentOff;'),
    refused: 'test_sniffing',
  },
  {
    name: 'JEST_WORKER_ID',
    fix: source(percent, "  if ('JEST_WORKER_ID' in process.env) return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'NODE_TEST_CONTEXT',
    fix: source(percent, '  return process.env.NODE_TEST_CONTEXT ? 10 : coupon.percentOff;'),
    refused: 'test_sniffing',
  },
  {
    name: 'argv',
    fix: source(
      percent,
      "  if (process.argv.some((word) => word.includes('test'))) return 10;\n  return coupon.percentOff;",
    ),
    refused: 'test_sniffing',
  },
  {
    name: 'execArgv',
    fix: source(percent, "  if (process.execArgv.includes('--test')) return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'a global of the runner',
    fix: source(percent, "  if (typeof jest !== 'undefined') return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'import.meta.vitest',
    fix: source(percent, '  if (import.meta.vitest) return 10;\n  return coupon.percentOff;'),
    refused: 'test_sniffing',
  },
  {
    name: 'the call stack',
    fix: source(percent, "  if (new Error().stack.includes('.test.js')) return 10;\n  return coupon.percentOff;"),
    refused: 'test_sniffing',
  },
  {
    name: 'an early exit in the source',
    fix: source(percent, '  if (!coupon) process.exit(0);\n  return coupon.percentOff;'),
    refused: 'process_exit',
  },
  {
    name: 'an early exit without a code',
    fix: source(percent, '  if (!coupon) process.exit();\n  return coupon.percentOff;'),
    refused: 'process_exit',
  },
  {
    name: 'an exit code set to zero',
    fix: source(percent, '  process.exitCode = 0;\n  return coupon.percentOff;'),
    refused: 'process_exit',
  },
  { name: 'an early exit in a new test', fix: newTest('  process.exit(0);'), refused: 'process_exit' },
  {
    name: 'an early exit in a test file',
    fix: tests("test('saves'", "process.exit(0);\ntest('saves'"),
    refused: 'process_exit',
  },
  { name: 'a deleted test file', fix: { ...guarded, 'test/orders.test.js': null }, refused: 'test_deleted' },
  { name: 'an emptied test file', fix: { ...guarded, 'test/orders.test.js': '' }, refused: 'test_deleted' },
  {
    name: 'a commented-out test',
    fix: tests(
      "  test('is a number', () => {\n    const value = discount({ code: 'TEN' });\n    assert.equal(typeof value, 'number');\n    assert.ok(value > 0);\n  });\n",
      "  // test('is a number', () => {});\n",
    ),
    refused: 'test_deleted',
  },
  { name: 'a renamed test', fix: tests("'is a number'", "'may be a number'"), refused: 'test_deleted' },
  { name: 'a skipped test', fix: tests("test('saves'", "test.skip('saves'"), refused: 'test_skipped' },
  {
    name: 'a skipped test by option',
    fix: tests("test('saves', async", "test('saves', { skip: true }, async"),
    refused: 'test_skipped',
  },
  {
    name: 'a skipped test from inside',
    fix: tests("test('saves', async () => {", "test('saves', async (t) => {\n  t.skip();"),
    refused: 'test_skipped',
  },
  { name: 'a skipped suite', fix: tests("describe('discount'", "describe.skip('discount'"), refused: 'test_skipped' },
  { name: 'a todo', fix: tests("test('saves'", "test.todo('saves'"), refused: 'test_skipped' },
  { name: 'an only', fix: tests("test('saves'", "test.only('saves'"), refused: 'test_skipped' },
  {
    name: 'an only in a new test',
    fix: { ...guarded, 'test/a.test.js': "import { test } from 'node:test';\ntest.only('a', () => {});\n" },
    refused: 'test_skipped',
  },
  {
    name: 'an xit',
    base: { 'test/b.test.js': "it('b', () => { expect(1).toBe(1); });\n" },
    fix: { ...guarded, 'test/b.test.js': "xit('b', () => { expect(1).toBe(1); });\n" },
    refused: 'test_skipped',
  },
  { name: 'more retries', fix: tests("test('saves'", "jest.retryTimes(3);\ntest('saves'"), refused: 'test_skipped' },
  { name: 'a removed assertion', fix: tests('    assert.ok(value > 0);\n', ''), refused: 'assertion_changed' },
  {
    name: 'a weakened assertion',
    fix: tests('assert.deepEqual(seen, [{ id: 1 }]);', 'assert.ok(seen);'),
    refused: 'assertion_changed',
  },
  { name: 'another expected value', fix: tests("'number');", "'undefined');"), refused: 'assertion_changed' },
  { name: 'another expected row', fix: tests("['HALF', 50]", "['HALF', undefined]"), refused: 'test_changed' },
  {
    name: 'another input',
    fix: tests("const value = discount({ code: 'TEN' });", 'const value = 10;'),
    refused: 'test_changed',
  },
  {
    name: 'an assertion caught',
    fix: tests('    assert.ok(value > 0);', '    try {\n      assert.ok(value > 0);\n    } catch {}'),
    refused: 'test_changed',
  },
  {
    name: 'an existing test cut short',
    fix: tests("test('saves', async () => {", "test('saves', async () => {\n  return;"),
    refused: 'test_changed',
  },
  {
    name: 'an existing test with a value put right',
    fix: tests('  assert.deepEqual(seen', '  seen.length = 1;\n  assert.deepEqual(seen'),
    refused: 'test_changed',
  },
  {
    name: 'an existing test loosened under a condition',
    fix: tests('    assert.ok(value > 0);', '    if (value) assert.ok(value > 0);'),
    refused: 'test_changed',
  },
  { name: 'an operator turned', fix: tests('value > 0', 'value >= 0'), refused: 'assertion_changed' },
  {
    name: 'a file of tests imported from elsewhere',
    fix: tests("from '../src/orders.js'", "from './fake-orders.js'"),
    refused: 'test_changed',
  },
  {
    name: 'a changed helper',
    fix: { ...guarded, 'test/helper.js': "export function sample() {\n  return { code: 'TEN', percentOff: 10 };\n}\n" },
    refused: 'test_changed',
  },
  {
    name: 'a snapshot updated',
    fix: { ...guarded, 'test/__snapshots__/a.test.js.snap': 'exports[`a 1`] = `2`;\n' },
    refused: 'test_changed',
  },
  {
    name: 'expected data changed',
    fix: { ...guarded, 'test/data.json': '{ "orders": [{ "id": 2 }] }\n' },
    refused: 'test_changed',
  },
  {
    name: 'a python test loosened',
    base: { 'tests/test_a.py': 'def test_a():\n    assert f() == 1\n' },
    fix: { 'tests/test_a.py': 'def test_a():\n    assert True\n' },
    refused: 'test_changed',
  },
  {
    name: 'a mocked subject',
    fix: newTest(
      '  assert.equal(discount({}), 0);',
      "mock.module('../src/orders.js', { namedExports: { discount: () => 0 } });\n",
    ),
    refused: 'mocked_subject',
  },
  {
    name: 'a mocked subject by vitest',
    fix: newTest(
      '  assert.equal(discount({}), 0);',
      "vi.mock(import('../src/orders.js'), () => ({ discount: () => 0 }));\n",
    ),
    refused: 'mocked_subject',
  },
  {
    name: 'a mocked method of the subject',
    fix: newTest(
      "  t.mock.method(orders, 'discount', () => 0);\n  assert.equal(orders.discount({}), 0);",
      "import * as orders from '../src/orders.js';\n",
    ),
    refused: 'mocked_subject',
  },
  {
    name: 'a spy with another body',
    fix: newTest("  vi.spyOn(orders, 'discount').mockReturnValue(0);", "import * as orders from '../src/orders.js';\n"),
    refused: 'mocked_subject',
  },
  {
    name: 'a new configuration of the runner',
    fix: { ...guarded, 'vitest.config.js': 'export default { test: { passWithNoTests: true } };\n' },
    refused: 'runner_config',
  },
  {
    name: 'a configuration of jest',
    fix: { ...guarded, 'jest.config.cjs': 'module.exports = {};\n' },
    refused: 'runner_config',
  },
  { name: 'a coverage configuration', fix: { ...guarded, '.c8rc.json': '{}\n' }, refused: 'runner_config' },
  {
    name: 'coverage switched off for a line',
    fix: source(percent, '  /* c8 ignore next */\n  return coupon?.percentOff ?? 0;'),
    refused: 'runner_config',
  },
  {
    name: 'the program that runs the tests',
    fix: { ...guarded, 'scripts/run-tests.mjs': 'process.exitCode = 0;\n' },
    refused: 'runner_config',
  },
  {
    name: 'the test script',
    fix: { 'package.json': replace(manifest, '"node scripts/run-tests.mjs"', '"true"') },
    refused: 'npm_scripts',
  },
  {
    name: 'a lifecycle script',
    fix: { 'package.json': replace(manifest, '"start"', '"postinstall": "node x.js", "start"') },
    refused: 'npm_scripts',
  },
  {
    name: 'a script in a new package',
    fix: { 'tools/package.json': '{ "scripts": { "prepare": "sh x.sh" } }\n' },
    refused: 'npm_scripts',
  },
  {
    name: 'a new dependency',
    fix: { 'package.json': replace(manifest, '"express": "^5.0.0"', '"express": "^5.0.0", "left-pad": "1.0.0"') },
    refused: 'dependency',
  },
  {
    name: 'settings of jest in the manifest',
    fix: { 'package.json': replace(manifest, '"type": "module"', '"type": "module", "jest": { "bail": true }') },
    refused: 'runner_config',
  },
  { name: 'a broken manifest', fix: { 'package.json': '{ "name": ' }, refused: 'manifest' },
  {
    name: 'a requirement of python',
    base: { 'requirements.txt': 'a==1\n' },
    fix: { 'requirements.txt': 'a==1\nb\n' },
    refused: 'dependency',
  },
  {
    name: 'a bidirectional character',
    fix: source(percent, '  // \u202e admin\n  return coupon?.percentOff ?? 0;'),
    refused: 'hidden_character',
  },
  {
    name: 'a zero-width character in a name',
    fix: source(percent, '  const per\u200bcent = 0;\n  return coupon?.percentOff ?? percent;'),
    refused: 'hidden_character',
  },
  { name: 'a tag character', fix: { 'src/note.md': 'hello\u{e0041}\n' }, refused: 'hidden_character' },
  { name: 'an escape character', fix: { 'src/note.md': 'a\u001b[2Jb\n' }, refused: 'hidden_character' },
  { name: 'a hidden character in a path', fix: { 'src/a\u200b.js': 'export {};\n' }, refused: 'hidden_character' },
  {
    name: 'a bare key id',
    fix: { 'src/config.js': `export const id = '${'AKIA'}IOSFODNN7EXAMPLE';\n` },
    refused: 'secret',
  },
  {
    name: 'a model key',
    fix: { 'src/config.js': `export const key = '${'sk-ant-'}api03-abcdefghijklmnopqrstuvwxyz0123456789';\n` },
    refused: 'secret',
  },
  {
    name: 'an address with a password',
    fix: { 'src/config.js': `export const url = 'mongodb://shop:${'s3cretpass'}@db.internal/shop';\n` },
    refused: 'secret',
  },
  { name: 'a pipeline', fix: { ...guarded, '.github/workflows/ci.yml': 'on: push\n' }, refused: 'protected_path' },
];
