import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameRuns } from './frame-runs.js';
import { readJsonRecord, type RecordFrames } from './json-record.js';

const frames = fc.constantFrom(
  '',
  '\n    at load (/app/src/load.js:3:3)',
  '\n    at load (/app/src/load.js:3:3)\n    at async run (/app/src/run "1".js:4:4)',
  '\n    at tab\there (C:\\app\\b.js:1:1)\n    at é (/app/é.js:1:1)\n  [cause]: Error: two\n      at q (/app/q.js:1:1)',
  '\n  at two (/app/two.js:1:1)\n    at \u001b[31mred\u001b[39m (/app/red.js:1:1)',
  '\\n    at escaped twice\\',
);
const text = fc
  .tuple(
    fc.constantFrom('boom', 'Error: boom', 'TypeError: x\nsecond', 'Traceback (most recent call last):', '\x7f', ''),
    frames,
  )
  .map((parts) => parts.join(''));
const error = fc.record(
  { message: text, type: fc.constant('TypeError'), stack: text, cause: fc.record({ stack: text }) },
  { requiredKeys: [] },
);
const record = fc.record(
  {
    level: fc.constantFrom<(number | string)[]>(50, 30, 'error', 'info'),
    msg: text,
    err: fc.oneof(error, text),
    stack: text,
    other: text,
  },
  { requiredKeys: [] },
);

test('a record is read the same, whether or not its frames were seen before', () => {
  const runs = new FrameRuns<RecordFrames>();
  fc.assert(
    fc.property(record, (fields) => {
      const line = JSON.stringify(fields);
      const expected = readJsonRecord(line);
      expect(readJsonRecord(line, { runs })).toEqual(expected);
      expect(readJsonRecord(line, { runs })).toEqual(expected);
    }),
    { numRuns: Number(process.env.RUNS ?? 2000) },
  );
});

test.each([
  [{ severity: 'ERROR', jsonPayload: { message: 'boom', stack: 'TypeError: boom\n    at a (/a.js:1:1)' } }, 'boom'],
  [{ level: 'error', message: { code: 5, text: 'boom' } }, 'boom'],
  [
    { level: 'ERROR', message: { errorType: 'TypeError', errorMessage: 'boom', stackTrace: ['at a (/a.js:1:1)'] } },
    'boom',
  ],
  [{ level: 'error', fields: { message: 'boom' }, target: 'api' }, 'boom'],
  [{ level: 'error', error: { code: 'E_X', detail: 'boom' } }, 'boom'],
  [{ level: 'error', errors: [{ message: 'boom' }] }, 'boom'],
  [{ level: 50, pid: 7, time: 1, code: 'E_X', tries: 3 }, '{"code":"E_X","tries":3}'],
  [{ context: { logLevel: 50 }, message: 'boom' }, 'boom'],
  [{ 0: 'boom', _meta: { logLevelName: 'ERROR' } }, 'boom'],
  [{ status: 'error', ddsource: 'nodejs', message: 'boom' }, 'boom'],
])('%j says %j', (fields, message) => {
  expect(readJsonRecord(JSON.stringify(fields))).toMatchObject({ kind: 'error', message });
});

test.each([
  { context: { logLevel: 30 }, message: 'TypeError: told' },
  { 0: 'TypeError: told', _meta: { logLevelName: 'INFO' } },
  { status: 'error', message: 'no record of a logger' },
  { severity: 'INFO', jsonPayload: { message: 'told', error: 'TypeError: told' } },
])('%j is none', (fields) => {
  expect(readJsonRecord(JSON.stringify(fields))?.kind).toBe('record');
});

test('what Google Cloud wraps keeps its class and its frames', () => {
  const stack = 'TypeError: boom\n    at a (/a.js:1:1)';
  const line = JSON.stringify({ severity: 'ERROR', jsonPayload: { message: 'boom', stack } });
  expect(readJsonRecord(line)).toMatchObject({ type: 'TypeError', stack: ['at a (/a.js:1:1)'] });
});
