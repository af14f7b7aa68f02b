// Changes as good engineers write them, in many styles, none of which the diff policy may refuse: each over its own small base file.
import type { SamplePatch } from './sample-patches.testkit.js';

const js = (name: string, before: string, after: string, more: Partial<SamplePatch> = {}): SamplePatch => ({
  name,
  base: { 'src/part.js': before, ...more.base },
  fix: { 'src/part.js': after, ...more.fix },
});

export const naturalPatches: SamplePatch[] = [
  js(
    'a retry loop that gives up at last',
    `export async function load(fetchOne) {\n  return fetchOne();\n}\n`,
    `export async function load(fetchOne, tries = 3) {\n  for (let attempt = 1; ; attempt++) {\n    try {\n      return await fetchOne();\n    } catch (error) {\n      if (attempt >= tries) throw error;\n      await new Promise((resolve) => setTimeout(resolve, attempt * 50));\n    }\n  }\n}\n`,
  ),
  js(
    'a search through places',
    `import { readFileSync } from 'node:fs';\nexport const find = (paths) => readFileSync(paths[0], 'utf8');\n`,
    `import { readFileSync } from 'node:fs';\nexport function find(paths) {\n  for (const path of paths) {\n    try {\n      return readFileSync(path, 'utf8');\n    } catch (error) {\n      if (error.code !== 'ENOENT') throw error;\n    }\n  }\n  return null;\n}\n`,
  ),
  js(
    'a setting with a default',
    `export const port = Number(process.env.PORT);\n`,
    `export const port = Number(process.env.PORT ?? 3000);\n`,
  ),
  js(
    'a setting that must be there',
    `export const url = process.env.DATABASE_URL;\n`,
    `function need(name) {\n  const value = process.env[name];\n  if (!value) throw new Error(\`\${name} is not set\`);\n  return value;\n}\nexport const url = need('DATABASE_URL');\n`,
  ),
  js(
    'a mode of the payment provider',
    `export const key = (config) => config.keys.live;\n`,
    `export const key = (config) => (config.mode === 'test' ? config.keys.test : config.keys.live);\n`,
  ),
  js(
    'a graceful stop',
    `export function start(server) {\n  process.on('SIGTERM', () => server.close());\n}\n`,
    `export function start(server) {\n  process.once('SIGTERM', () => {\n    server.close((error) => {\n      if (error) console.error('cannot close', error);\n      process.exit(error ? 1 : 143);\n    });\n  });\n}\n`,
  ),
  js(
    'closing all, whatever fails',
    `export async function stop(parts) {\n  for (const part of parts) await part.close();\n}\n`,
    `export async function stop(parts) {\n  await Promise.allSettled(parts.map((part) => part.close()));\n}\n`,
  ),
  js(
    'results of all settled',
    `export const all = (calls) => Promise.all(calls.map((call) => call()));\n`,
    `export async function all(calls) {\n  const settled = await Promise.allSettled(calls.map((call) => call()));\n  return settled.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);\n}\n`,
  ),
  js(
    'the error event answered',
    `export const pipe = (from, to) => from.pipe(to);\n`,
    `export function pipe(from, to) {\n  from.on('error', (error) => to.destroy(error));\n  return from.pipe(to);\n}\n`,
  ),
  js(
    'a promise of a stream',
    `export const finished = (stream) => new Promise((resolve) => stream.on('end', resolve));\n`,
    `export const finished = (stream) =>\n  new Promise((resolve, reject) => {\n    stream.on('end', resolve);\n    stream.on('error', reject);\n  });\n`,
  ),
  js(
    'a stream that fails answered with nothing found',
    `export const read = (stream) => new Promise((resolve) => stream.on('end', () => resolve(1)));\n`,
    `export const read = (stream) =>\n  new Promise((resolve) => {\n    stream.on('end', () => resolve(1));\n    stream.on('error', () => resolve(null));\n  });\n`,
  ),
  js(
    'a validity check',
    `export const isJson = (text) => Boolean(JSON.parse(text));\n`,
    `export function isJson(text) {\n  try {\n    JSON.parse(text);\n    return true;\n  } catch {\n    return false;\n  }\n}\n`,
  ),
  js(
    'a flag set by a catch',
    `export function check(read) {\n  const state = { isOk: true };\n  read();\n  return state;\n}\n`,
    `export function check(read) {\n  const state = { isOk: true };\n  try {\n    read();\n  } catch (error) {\n    state.isOk = false;\n    state.error = error;\n  }\n  return state;\n}\n`,
  ),
  js(
    'an error with its cause',
    `export const parse = (text) => JSON.parse(text);\n`,
    `export class BadConfig extends Error {\n  name = 'BadConfig';\n}\nexport function parse(text) {\n  try {\n    return JSON.parse(text);\n  } catch (cause) {\n    throw new BadConfig('the configuration is no JSON', { cause });\n  }\n}\n`,
  ),
  js(
    'an answer to the client',
    `export async function handler(req, res) {\n  res.json(await req.store.find(req.params.id));\n}\n`,
    `export async function handler(req, res, next) {\n  try {\n    const found = await req.store.find(req.params.id);\n    if (!found) return res.status(404).json({ error: 'not found' });\n    res.json(found);\n  } catch (error) {\n    next(error);\n  }\n}\n`,
  ),
  js(
    'an idempotent start',
    `export class Poller {\n  start() {\n    this.timer = setInterval(() => this.poll(), 1000);\n  }\n}\n`,
    `export class Poller {\n  start() {\n    if (this.timer) return;\n    this.timer = setInterval(() => this.poll(), 1000);\n  }\n}\n`,
  ),
  js(
    'an empty queue',
    `export class Queue {\n  items = [];\n  flush(send) {\n    send(this.items.splice(0));\n  }\n}\n`,
    `export class Queue {\n  items = [];\n  flush(send) {\n    if (this.items.length === 0) return;\n    send(this.items.splice(0));\n  }\n}\n`,
  ),
  js(
    'lookups that may find nothing',
    `export const nameOf = (users, id) => users.get(id).name;\n`,
    `export function nameOf(users, id) {\n  const user = users.get(id);\n  if (user === undefined) return undefined;\n  return user.name;\n}\n`,
  ),
  js(
    'a log line with more data',
    `export function save(order, log) {\n  console.error('not saved');\n  return order.id;\n}\n`,
    `export function save(order, log) {\n  console.error('not saved', { id: order?.id });\n  return order?.id ?? null;\n}\n`,
  ),
  js(
    'a log line that becomes louder',
    `export function save(order) {\n  console.log('not saved');\n  return order.id;\n}\n`,
    `export function save(order) {\n  console.error('not saved');\n  return order?.id ?? null;\n}\n`,
  ),
  js(
    'a function taken apart, its log line moving with it',
    `export function save(order) {\n  console.warn('saving', order.id);\n  return order.items.length;\n}\n`,
    `export function save(order) {\n  return count(announce(order));\n}\n\nfunction announce(order) {\n  console.warn('saving', order.id);\n  return order;\n}\n\nconst count = ({ items = [] }) => items.length;\n`,
  ),
  js(
    'a logger handed in',
    `export function run(task) {\n  return task();\n}\n`,
    `const silent = { info() {}, error() {} };\nexport function run(task, log = silent) {\n  try {\n    return task();\n  } catch (error) {\n    log.error('task failed', error);\n    throw error;\n  }\n}\n`,
  ),
  js(
    'an abort that is expected',
    `export const get = (url, signal) => fetch(url, { signal });\n`,
    `export async function get(url, signal) {\n  try {\n    return await fetch(url, { signal });\n  } catch (error) {\n    if (error.name === 'AbortError') return null;\n    throw error;\n  }\n}\n`,
  ),
  js(
    'best effort beside the work, told in the log',
    `export async function order(store, mail, it) {\n  await store.put(it);\n  await mail.send(it);\n  return it.id;\n}\n`,
    `export async function order(store, mail, it) {\n  await store.put(it);\n  mail.send(it).catch((error) => console.error('mail not sent', it.id, error));\n  return it.id;\n}\n`,
  ),
  js(
    'a mutex',
    `export class Counter {\n  async add(store) {\n    await store.write((await store.read()) + 1);\n  }\n}\n`,
    `export class Counter {\n  #last = Promise.resolve();\n  add(store) {\n    const next = this.#last.then(async () => store.write((await store.read()) + 1));\n    this.#last = next.catch(() => undefined);\n    return next;\n  }\n}\n`,
  ),
  js(
    'a key put together of data',
    `export const price = (prices, zone, size) => prices[zone].price;\n`,
    "export const price = (prices, zone, size) => prices[`${zone}-${size}`.toLowerCase()]?.price ?? prices['default'].price;\n",
  ),
  js(
    'an entry point asked for',
    `import { main } from './main.js';\nmain();\n`,
    `import { pathToFileURL } from 'node:url';\nimport { main } from './main.js';\nif (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();\n`,
  ),
  js(
    'a path relative to the module',
    `import { readFileSync } from 'node:fs';\nexport const text = readFileSync('./data/zones.json', 'utf8');\n`,
    `import { readFileSync } from 'node:fs';\nexport const text = readFileSync(new URL('../data/zones.json', import.meta.url), 'utf8');\n`,
  ),
  js(
    'a polyfill where it is missing',
    `export const group = (items, key) => Object.groupBy(items, key);\n`,
    `export function group(items, key) {\n  const groups = {};\n  for (const item of items) (groups[key(item)] ??= []).push(item);\n  return groups;\n}\n`,
  ),
  js(
    'a copy instead of the shared default',
    `const defaults = { tags: [] };\nexport const create = (given) => Object.assign(defaults, given);\n`,
    `const defaults = { tags: [] };\nexport const create = (given) => Object.assign(structuredClone(defaults), given);\n`,
  ),
  js(
    'a cache on globalThis',
    `export const pool = createPool();\nfunction createPool() {\n  return { id: 1 };\n}\n`,
    `export const pool = (globalThis.shopPool ??= createPool());\nfunction createPool() {\n  return { id: 1 };\n}\n`,
  ),
  js(
    'a bound method',
    `export class Router {\n  handle(path) {\n    return this.routes[path];\n  }\n}\n`,
    `export class Router {\n  constructor(routes = {}) {\n    this.routes = routes;\n    this.handle = this.handle.bind(this);\n  }\n  handle(path) {\n    return Object.hasOwn(this.routes, path) ? this.routes[path] : null;\n  }\n}\n`,
  ),
  js(
    'a listener for a worker that ends',
    `export const kill = (child) => process.kill(child.pid);\n`,
    `export function kill(child) {\n  if (child.exitCode !== null) return false;\n  try {\n    return process.kill(child.pid);\n  } catch (error) {\n    if (error.code !== 'ESRCH') throw error;\n    return false;\n  }\n}\n`,
  ),
  js(
    'a callback that fails as callbacks do',
    `const fs = require('node:fs');\nexports.read = (path, done) => fs.readFile(path, (error, data) => done(null, JSON.parse(data)));\n`,
    `const fs = require('node:fs');\nexports.read = (path, done) =>\n  fs.readFile(path, (error, data) => {\n    if (error) return done(error);\n    let value;\n    try {\n      value = JSON.parse(data);\n    } catch (parseError) {\n      return done(parseError);\n    }\n    done(null, value);\n  });\n`,
  ),
  js(
    'a package that is there already',
    `export const id = () => String(Math.random());\n`,
    `import express from 'express';\nexport const id = () => express.Router().id ?? String(Math.random());\n`,
    { base: { 'package.json': '{ "name": "shop", "type": "module", "dependencies": { "express": "5.0.0" } }' } },
  ),
  js(
    'a regression test that starts the program',
    `console.log(process.argv[2].length);\n`,
    `console.log((process.argv[2] ?? '').length);\n`,
    {
      fix: {
        'test/part.test.js': `import assert from 'node:assert/strict';\nimport { spawnSync } from 'node:child_process';\nimport { mkdtempSync, rmSync, writeFileSync } from 'node:fs';\nimport { tmpdir } from 'node:os';\nimport { join } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nimport { afterEach, test } from 'node:test';\n\nconst folder = mkdtempSync(join(tmpdir(), 'part-'));\nafterEach(() => rmSync(folder, { recursive: true }));\n\ntest('takes no argument', () => {\n  writeFileSync(join(folder, 'input.txt'), 'a');\n  const main = fileURLToPath(new URL('../src/part.js', import.meta.url));\n  const { stdout, status } = spawnSync(process.execPath, [main], { encoding: 'utf8', cwd: folder });\n  assert.equal(status, 0);\n  assert.equal(stdout, '0\\n');\n});\n`,
      },
    },
  ),
  js(
    'a regression test with data, a clock and a double',
    `export const isDue = (job, now) => job.at <= now;\n`,
    `export const isDue = (job, now) => (job?.at ?? Infinity) <= now;\n`,
    {
      fix: {
        'test/fixtures/jobs.json': '[{ "at": 1 }]\n',
        'test/part.test.js': `import assert from 'node:assert/strict';\nimport { readFileSync } from 'node:fs';\nimport { mock, test } from 'node:test';\nimport { isDue } from '../src/part.js';\n\nconst jobs = JSON.parse(readFileSync(new URL('./fixtures/jobs.json', import.meta.url), 'utf8'));\n\ntest('a job that is not there is never due', () => {\n  mock.timers.enable({ apis: ['Date'], now: 5 });\n  const clock = { now: mock.fn(() => Date.now()) };\n  assert.equal(isDue(undefined, clock.now()), false);\n  assert.ok(jobs.every((job) => isDue(job, clock.now())));\n  mock.timers.reset();\n});\n`,
      },
    },
  ),
  js(
    'a regression test over a list of cases',
    `export const last = (items) => items[items.length].name;\n`,
    `export const last = (items) => items.at(-1)?.name ?? null;\n`,
    {
      fix: {
        'test/part.test.js': `import assert from 'node:assert/strict';\nimport { describe, it } from 'node:test';\nimport { last } from '../src/part.js';\n\ndescribe('last', () => {\n  for (const { items, expected } of [\n    { items: [], expected: null },\n    { items: [{ name: 'a' }], expected: 'a' },\n  ]) {\n    it(\`of \${items.length} is \${expected}\`, () => {\n      assert.equal(last(items), expected);\n    });\n  }\n});\n`,
      },
    },
  ),
  js(
    'a comment that speaks of tests',
    `export const total = (items) => items.reduce((sum, item) => sum + item.cents, 0);\n`,
    `// Tests and callers may hand in nothing; see the test in test/total.test.js.\nexport const total = (items = []) => items.reduce((sum, item) => sum + item.cents, 0);\n`,
  ),
];
