import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventDetector } from './detect/event-detector.js';
import { scanLog, type ScannedEvent } from './scan-log.js';

/** The same place of several records: `alike` in looks, not in value. */
type Slot = readonly string[];
const copies = 4;

function alike(value: fc.Arbitrary<string>): fc.Arbitrary<Slot> {
  return fc.array(value, { minLength: copies, maxLength: copies });
}

function ofLength(digits: string): fc.Arbitrary<Slot> {
  return fc
    .integer({ min: 1, max: 14 })
    .chain((length) => alike(fc.stringMatching(new RegExp(`^[${digits}]{${length}}$`))));
}

const word = fc.constantFrom(
  ...['order', 'failed', 'code', 'status', 'http', 'errno', 'signal', 'user', 'for', 'from', 'value', 'dead', 'Error'],
  ...[
    'TypeError:',
    'E404Error:',
    'at',
    'ms',
    'id=',
    'path=',
    'https://example.com/v1',
    '/srv/app',
    'dup key: { a:',
    '}',
    '1-',
    'error #',
  ],
  ...['"', "'", '\\', '\n', '\u001b[31m', 'é', '\x7f', 'none', '0', '-', '::1', 'Traceback (most recent call last):'],
);
const slot = fc.oneof(
  { weight: 3, arbitrary: word.map((text): Slot => Array.from({ length: copies }, () => text)) },
  ofLength('0-9'),
  ofLength('0-9a-f'),
  ofLength('0-9a-fA-Fx'),
  alike(fc.uuid()),
  alike(fc.ipV4()),
  alike(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString())),
  alike(fc.emailAddress()),
  alike(fc.float({ noNaN: true }).map(String)),
);
const joint = fc.constantFrom(...[' ', ' ', ' ', '', '.', ',', ':', ': ', '-', '_', '/', '=', '#', '(', ')', '$', '@']);
const text = fc
  .array(fc.tuple(slot, joint), { maxLength: 6 })
  .map((parts): Slot =>
    Array.from({ length: copies }, (_, index) => parts.map(([values, end]) => `${values[index] ?? ''}${end}`).join('')),
  );
const frames = fc.constantFrom(
  '',
  '\n    at load (/app/src/load.js:3:3)\n    at run (/app/src/run.js:4:4)',
  '\n    at é (/é.js:1:1)',
);
const level = fc.constantFrom<(number | string)[]>(50, 30, 5, 4000, 1.5, -50, 'error', 'fatal', 'warn', '50', '3');

const json = fc
  .record({
    level,
    msg: text,
    message: text,
    frames,
    type: fc.constantFrom('TypeError', 'E4Error', ''),
    has: fc.subarray(['level', 'time', 'msg', 'err', 'stack', 'error', 'reqId', 'took', 'code', 'req']),
    number: alike(
      fc.oneof(fc.integer({ min: -9999, max: 99999 }), fc.double({ min: 0, max: 1e6, noNaN: true })).map(String),
    ),
    id: alike(fc.uuid()),
    indent: fc.constantFrom('', ' '),
  })
  .map(({ level: stated, msg, message, frames: trace, type, has, number, id, indent }) =>
    Array.from({ length: copies }, (_, index) => {
      const said = message[index] ?? '';
      const thrown = { type, message: said, stack: `${type}: ${said}${trace}` };
      const all: Record<string, unknown> = {
        level: stated,
        time: 1_780_000_000_000 + Number(number[index]?.length),
        msg: msg[index],
        err: thrown,
        stack: thrown.stack,
        error: said,
        reqId: id[index],
        took: Number(number[index]),
        code: number[index],
        req: { method: 'GET', url: `/a/${number[index] ?? ''}` },
      };
      const fields = has.map((name) => `${JSON.stringify(name)}:${indent}${JSON.stringify(all[name])}`);
      return `{${fields.join(`,${indent}`)}}`;
    }),
  );
const nginx = fc.tuple(text, alike(fc.ipV4()), ofLength('0-9')).map(([said, client, id]) =>
  Array.from({ length: copies }, (_, index) => {
    const message = (said[index] ?? '').replaceAll('\n', ' ');
    const request = `client: ${client[index] ?? ''}, server: a.example, request: "GET /${id[index] ?? ''} HTTP/1.1"`;
    return `2026/05/05 05:05:0${index} [error] 1${index}#7: *${id[index] ?? ''} ${message}, ${request}`;
  }),
);

function inFull({ error, loggedAt, level: stated, request, traceId, fingerprint }: ScannedEvent): object {
  return { error, loggedAt, level: stated, request, traceId, fingerprint };
}

describe('one-line records that differ in what varies', () => {
  test('are read as if each had come alone', () => {
    fc.assert(
      fc.property(fc.oneof(json, nginx), (lines) => {
        // The first line of a log is read in any case.
        const alone = lines.map((line) => scanLog(`up\n${line}\n`).map(inFull));
        const together = scanLog(['up', ...lines, ...lines, ...lines].map((line) => `${line}\n`).join(''));
        expect(together.map(inFull)).toEqual([...alone, ...alone, ...alone].flat());
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });

  const record = (fields: object): string => `${JSON.stringify({ level: 50, ...fields })}\n`;
  const templatesOf = (log: string): (object | undefined)[] => {
    const detector = createEventDetector();
    return [...detector.push(Buffer.from(log), 0), ...detector.end()].map(({ template }) => template);
  };

  test('are known from the third on', () => {
    const lock = (id: string, row: number): string =>
      record({ time: 1_780_000_000_000 + row, reqId: id, msg: `row ${row} of 10.0.${row % 9}.7 is locked` });
    const [first, second, third, fourth] = templatesOf(
      lock('0a6f2f1e-9f6e-4f0c-8c2e-000000000001', 4711) +
        lock('7b6f2f1e-9f6e-4f0c-8c2e-ffffffffff01', 4712) +
        lock('00000000-1111-4222-8333-444444444444', 1234) +
        lock('12345678-aaaa-4bbb-8ccc-dddddddddd12', 9999),
    );
    expect([first, second]).toEqual([undefined, undefined]);
    expect(third).toBeDefined();
    expect(fourth).toBe(third);
  });

  test('are told apart by their frames', () => {
    const thrown = (line: number): string =>
      record({ err: { type: 'TypeError', message: 'x', stack: `TypeError: x\n    at f (/app/f.js:${line}:1)` } });
    const log = [1, 2, 1, 2, 1, 2].map(thrown).join('');
    const [a, b] = templatesOf(log).slice(-2);
    expect(a).toBeDefined();
    expect(b).toBeDefined();
    expect(a).not.toBe(b);
  });

  const cases: [name: string, one: string, other: string][] = [
    ['the number of a level', '{"msg":"error 12","level":50}', '{"msg":"error 12","level":30}'],
    ['the text of a level', '{"msg":"error 12","level":"50"}', '{"msg":"error 12","level":"30"}'],
    ['a class', record({ err: { type: 'E4Error', message: 'x' } }), record({ err: { type: 'E5Error', message: 'x' } })],
    ['a status', record({ msg: 'answered with status 404' }), record({ msg: 'answered with status 500' })],
    ['an escape', '{"level":50,"msg":"caf\\u00e9 7"}', '{"level":50,"msg":"caf\\u00e8 7"}'],
    ['how a number is written', '{"level":50,"msg":1234.50}', '{"level":50,"msg":1234.00}'],
    ['a number that JSON does not allow', '{"level":50,"n":4711}', '{"level":50,"n":0711}'],
    [
      'the id of a trace',
      record({ msg: `t 1-5f84c7a1-${'ab12'.repeat(6)}` }),
      record({ msg: `t 2-5f84c7a1-${'ab12'.repeat(6)}` }),
    ],
    ['an address', record({ msg: 'to ::1' }), record({ msg: 'to ::2' })],
    ['the zero of a hexadecimal number', record({ msg: 'handle 0x1f' }), record({ msg: 'handle 5x1f' })],
    [
      'the letters of an id that has no digits',
      record({ msg: 'https://a.example/1bcdefab-abcd-abcd-abcd-abcdefabcdef' }),
      record({ msg: 'https://a.example/1bcdefab-abcd-abcd-abcd-a1cdefabcdef' }),
    ],
    [
      'the letter that an id begins with',
      record({ stack: "a12b3c4d/app.rb:12:in 'f': boom (KeyError)" }),
      record({ stack: "1a2b3c4d/app.rb:12:in 'f': boom (KeyError)" }),
    ],
    [
      'the lines of frames that are not cut out',
      record({ stack: 'Error: x\n  at f (/app/node_modules/a/a.js:11:1)' }),
      record({ stack: 'Error: x\n  at f (/app/node_modules/a/a.js:12:1)' }),
    ],
    [
      'what the logger and the error have in common',
      record({ msg: 'failed 1234 times', err: { message: '1234 times' } }),
      record({ msg: 'failed 1234 times', err: { message: '5678 times' } }),
    ],
    [
      'the beginning of a hexadecimal number in both',
      record({ msg: 'find abc', err: { message: 'did find abc123' } }),
      record({ msg: 'find abc', err: { message: 'did find def456' } }),
    ],
    [
      'frames that are no text of JSON',
      '{"level":50,"stack":"Error: x\\n    at f (/f.js:1:1)"}',
      '{"level":50,"stack":"Error: x\\n    at f \\x (/f.js:1:1)"}',
    ],
  ];
  for (const [name, one, other] of cases) {
    test(`are told apart by ${name}`, () => {
      const inLog = (...lines: string[]) =>
        scanLog(['up', ...lines].map((line) => `${line.trim()}\n`).join('')).map(inFull);
      const [first, second] = [inLog(one), inLog(other)];
      expect(first).not.toEqual(second);
      expect(inLog(one, one, one, other, other)).toEqual([first, first, first, second, second].flat());
      expect(inLog(other, other, other, one, one)).toEqual([second, second, second, first, first].flat());
    });
  }

  test('are told apart by overrides of the configuration', () => {
    const log = [4711, 4712, 4713, 4714].map((row) => record({ msg: `row ${row} is locked` })).join('');
    const fingerprints = scanLog(log, { split: [{ text: 'is locked' }] }).map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).toBe(4);
  });
});
