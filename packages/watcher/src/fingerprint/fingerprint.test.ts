import { describe, expect, test } from 'vitest';
import type { FrameResolver } from '../ports/frame-resolver.js';
import { createFingerprint, explainFingerprint, type FingerprintOptions } from './fingerprint.js';

const frames = ['at load (/app/src/load.js:3:3)', 'at run (/app/src/run.js:4:4)', 'at main (/app/src/main.js:5:5)'];

function fingerprint(message: string, stack = frames, type = 'Error', options: FingerprintOptions = {}): string {
  return createFingerprint(options)({ type, message, stack });
}

test('a fingerprint is versioned and has 16 hexadecimal digits', () => {
  expect(fingerprint('x')).toMatch(/^v1:[0-9a-f]{16}$/);
});

describe('one error', () => {
  test.each([
    ['numbers', 'row 7 locked', 'row 991 locked'],
    ['uuids', 'job 3b1f6c1e-0b5e-4d53-9d0e-2f1f0f1f7a10 died', 'job 9a0c7b52-55aa-4f0e-8a43-0d6f0c2ff001 died'],
    ['object ids', 'doc 64b7f0c2a1d3e4f5a6b7c8d9 gone', 'doc 507f1f77bcf86cd799439011 gone'],
    ['hex that happens to be digits or letters alone', 'session 1234567890 lost', 'session abcdefab lost'],
    ['times', 'lease until 2026-05-05T05:05:05Z lost', 'lease until 2026-06-06T06:06:06.123+02:00 lost'],
    ['addresses', 'peer 10.0.0.1:443 reset', 'peer 192.168.7.77:80 reset'],
    ['addresses without brackets', 'connect ECONNREFUSED ::1:27017', 'connect ECONNREFUSED 127.0.0.1:27017'],
    [
      'addresses and ports',
      'connect ETIMEDOUT 2a05:d018:8c4:3201:34e4:429d:e434:22f:443',
      'connect ETIMEDOUT ::ffff:10.0.0.1:8443',
    ],
    ['durations', 'slow call 120ms', 'slow call 99871ms'],
    ['e-mail', 'no inbox for a@example.com', 'no inbox for b.c@example.org'],
    ['urls with ids', 'GET https://x.example/u/1?t=9 failed', 'GET https://x.example/u/22?t=8 failed'],
    ['paths with hashes', "open '/tmp/a1b2c3d4.tmp'", "open '/tmp/99ffee00.tmp'"],
    ['ids behind a prefix', 'charge ch_AxVHROKPTSJxwA declined', 'charge ch_3kJd8sKq0PzLmN declined'],
    ['quoted prose', 'no result for "blue river"', 'no result for "walnut ember"'],
    [
      'user names',
      'Failed password for invalid user oracle from 1.2.3.4',
      'Failed password for invalid user pi from 4.3.2.1',
    ],
    ['values of a duplicate key', 'E11000 dup key: { name: "Bob" }', 'E11000 dup key: { name: "Al" }'],
    [
      'values of a statement',
      "query failed: INSERT INTO users (name) VALUES ('ann')",
      "query failed: INSERT INTO users (name) VALUES ('it''s bob'), (lower('b'))",
    ],
    [
      'values that a tool put into a statement',
      'refused (SQL: select * from `users` where `slug` = ann limit 1)',
      'refused (SQL: select * from `users` where `slug` = bob smith limit 1)',
    ],
    [
      'what a statement compares with',
      "SELECT a FROM t WHERE b IN ('x', 'y') AND c LIKE '%z%' AND d = \"e\"",
      "SELECT a FROM t WHERE b IN ('z') AND c LIKE 'a''b' AND d = \"f\"",
    ],
    [
      'duplicate entries',
      "Duplicate entry 'ann' for key 'users.name'",
      "Duplicate entry 'o'hara' for key 'users.name'",
    ],
    ['rows', 'Failing row contains (17, null, ann).', 'Failing row contains (4, b (c), null).'],
    ['keys', 'Key (email)=(a@b.c) already exists', 'Key (email)=(none) already exists'],
    ['literals', "invalid literal for int() with base 10: 'x'", 'invalid literal for int() with base 10: "it\'s"'],
    ['input of a type', 'invalid input syntax for type uuid: "abc"', 'invalid input syntax for type uuid: "x-y"'],
    ['parsed input', 'strconv.Atoi: parsing "abc": invalid syntax', 'strconv.Atoi: parsing "x y": invalid syntax'],
    ['converted input', "could not convert string to float: 'abc'", "could not convert string to float: 'n/a'"],
    ['dates that are none', "time data 'foo' does not match format '%Y'", "time data 'bar' does not match format '%Y'"],
    ['tokens that are none', "Unrecognized token 'abc': was expecting", "Unrecognized token 'xyz': was expecting"],
    [
      'input of a class',
      'Cannot deserialize a Size from String "s": no',
      'Cannot deserialize a Size from String "xl": no',
    ],
    ['unparseable dates', 'Unparseable date: "soon"', 'Unparseable date: "later"'],
    ['invalid numbers', "invalid number: 'abc'", "invalid number: 'n/a'"],
    ['homes', "open '/home/ann/app/x.lock'", "open '/home/bob/app/x.lock'"],
    ['homes of a Mac', 'open /Users/ann/app/x.lock', 'open /Users/bob/app/x.lock'],
    ['homes of Windows', 'open C:\\Users\\ann\\x.lock', 'open C:\\Users\\Bob Smith\\x.lock'],
    ['lists', 'delete blk_1 blk_-2', 'delete blk_3 blk_4 blk_5'],
  ])('%s', (_name, one, other) => {
    expect(fingerprint(one)).toBe(fingerprint(other));
  });
  test('lines that a deploy shifts', () => {
    expect(fingerprint('x', ['at load (/app/src/load.js:3:3)'])).toBe(
      fingerprint('x', ['at load (/app/src/load.js:9:1)']),
    );
  });
  test('a checkout in another folder', () => {
    const one = ['at load (/srv/releases/20260505050505/src/load.js:3:3)'];
    expect(fingerprint('x', one)).toBe(fingerprint('x', ['at load (C:\\work\\shop\\src\\load.js:3:3)']));
  });
  test('a bundle with another hash', () => {
    const one = ['at e (/app/.next/server/chunks/1a2b3c4d.js:1:99)'];
    expect(fingerprint('x', one)).toBe(fingerprint('x', ['at e (/app/.next/server/chunks/99ffee00.js:1:88)']));
  });
  test('another frame of a library in between', () => {
    const one = ['at load (/app/src/load.js:3:3)', 'at next (/app/node_modules/express/a.js:1:1)'];
    const other = [
      'at async load (/app/src/load.js:3:3)',
      'at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    ];
    expect(fingerprint('x', one)).toBe(fingerprint('x', other));
  });
});

describe('two errors', () => {
  test.each([
    ['other words', 'row 7 locked', 'col 7 locked'],
    ['quoted names', "reading 'name'", "reading 'age'"],
    ['status codes', 'Request failed with status code 401', 'Request failed with status code 503'],
    ['codes', 'Minified React error #130; visit the site', 'Minified React error #418; visit the site'],
    ['names that begin like an address', 'no Pool::1:27017 left', 'no Queue::1:27017 left'],
    ['tables', "INSERT INTO users (name) VALUES ('a')", "INSERT INTO orders (name) VALUES ('a')"],
    ['columns', 'SELECT 1 FROM t JOIN u ON t.id = u.t_id', 'SELECT 1 FROM t JOIN u ON t.id = u.v_id'],
    [
      'what is said behind a statement',
      "select * from users where name = 'a' - Unknown column 'nme'",
      "select * from users where name = 'a' - Unknown column 'age'",
    ],
    ['keys', "Duplicate entry 'a' for key 'users.name'", "Duplicate entry 'a' for key 'users.email'"],
    ['prose with the words of statements', "unable to delete from 'archive'", "unable to delete from 'inbox'"],
    ['more of such prose', "cannot delete from the list 'colours'", "cannot delete from the list 'sizes'"],
    ['types', 'invalid input syntax for type uuid: "a"', 'invalid input syntax for type json: "a"'],
    ['formats', "time data 'a' does not match format '%Y'", "time data 'a' does not match format '%d'"],
    ['missing fields', 'missing field: "email"', 'missing field: "name"'],
    ['invalid fields', 'invalid value for field: "email"', 'invalid value for field: "name"'],
    ['invalid columns', 'invalid column name "email"', 'invalid column name "name"'],
    ['unknown fields', 'Unrecognized field "email"', 'Unrecognized field "name"'],
    ['parsed files', 'Error parsing "tsconfig.json"', 'Error parsing "package.json"'],
    ['files at home', '/home/ann/app/x.lock is held', '/home/ann/app/y.lock is held'],
    ['routes below /home', 'GET /home/news/all failed', 'GET /home/mail/all failed'],
    ['routes', 'GET https://x.example/u/1 failed', 'GET https://x.example/v/1 failed'],
    ['hosts that are not found', 'getaddrinfo ENOTFOUND api.example.com', 'getaddrinfo ENOTFOUND mail.example.com'],
  ])('%s', (_name, one, other) => {
    expect(fingerprint(one)).not.toBe(fingerprint(other));
  });
  test('another class', () => {
    expect(fingerprint('x', frames, 'TypeError')).not.toBe(fingerprint('x', frames, 'RangeError'));
  });
  test('another place', () => {
    expect(fingerprint('x', ['at pull (/app/src/pull.js:3:3)', ...frames.slice(1)])).not.toBe(fingerprint('x'));
  });
});

test('below libraries, the first frame of the program tells', () => {
  const lib = (line: number): string => `at a${line} (/app/node_modules/pg/client.js:${line}:1)`;
  const stack = (own: string): string[] => [lib(1), lib(2), lib(3), lib(4), own];
  expect(fingerprint('x', stack('at f (/app/src/f.js:1:1)'))).not.toBe(
    fingerprint('x', stack('at g (/app/src/g.js:1:1)')),
  );
});

test('a source map decides where there is one', () => {
  const resolver: FrameResolver = {
    resolve: (frame) =>
      frame.file.endsWith('bundle.js') ? { ...frame, name: 'load', file: '/app/src/load.ts' } : null,
    generation: () => 0,
  };
  const one = fingerprint('x', ['at e (/app/dist/bundle.js:1:99)'], 'Error', { resolver });
  expect(one).toBe(fingerprint('x', ['at t (/app/dist/bundle.js:1:420)'], 'Error', { resolver }));
});

test('what was known of frames is forgotten when the program behind them changes', () => {
  let deployed = 1;
  const resolver: FrameResolver = {
    resolve: (frame) => ({ ...frame, file: `/app/src/release-${deployed === 1 ? 'a' : 'b'}.ts` }),
    generation: () => deployed,
  };
  const fingerprintOf = createFingerprint({ resolver });
  const error = { type: 'Error', message: 'x', stack: Object.freeze(['at f (/app/dist/main.js:1:9)']) as string[] };
  const before = fingerprintOf(error);
  expect(fingerprintOf(error)).toBe(before);
  deployed = 2;
  expect(fingerprintOf(error)).not.toBe(before);
});

test('overrides merge and split', () => {
  const merge = [{ text: 'socket hang up', name: 'network' }];
  expect(fingerprint('a: socket hang up', frames, 'Error', { merge })).toBe(
    fingerprint('b: socket hang up', [], 'Error', { merge }),
  );
  const split = [{ text: 'tenant' }];
  expect(fingerprint('tenant 1 down', frames, 'Error', { split })).not.toBe(
    fingerprint('tenant 2 down', frames, 'Error', { split }),
  );
});

test('an explanation names what was kept and dropped, and the rule', () => {
  const explanation = explainFingerprint({
    type: 'Error',
    message: 'user 17 from 10.0.0.1',
    stack: [...frames, 'at x (/app/src/x.js:1:1)'],
  });
  expect(explanation).toMatchObject({
    fingerprint: fingerprint('user 18 from 10.9.9.9'),
    kept: { message: 'user <n> from <ip>', frames: ['load@src/load.js', 'run@src/run.js', 'main@src/main.js'] },
    override: null,
  });
  expect(explanation.dropped.map(({ text, rule }) => [text, rule])).toEqual([
    ['10.0.0.1', 'address'],
    ['17', 'number'],
    ['at x (/app/src/x.js:1:1)', 'below the top frames'],
  ]);
});

test('memory of seen frames is bounded, and forgetting changes nothing', () => {
  const print = createFingerprint();
  const at = (n: number): string[] => [
    `at f${String.fromCharCode(97 + (n % 26))}${'x'.repeat(n % 50)} (/app/src/${'y'.repeat(n % 40)}.js:${n}:1)`,
  ];
  const first = print({ type: 'Error', message: 'x', stack: at(7) });
  for (let n = 0; n < 40_000; n++) print({ type: 'Error', message: 'x', stack: at(n) });
  expect(print({ type: 'Error', message: 'x', stack: at(7) })).toBe(first);
});

test('a line that is too long for a frame is none, however it looks', () => {
  const framesOf = (name: string) =>
    explainFingerprint({ type: 'Error', message: 'x', stack: [`at ${name} (/app/src/a.js:1:1)`] }).kept.frames;
  expect(framesOf('load')).toEqual(['load@src/a.js']);
  expect(framesOf('-'.repeat(60_000))).toEqual([]);
});
