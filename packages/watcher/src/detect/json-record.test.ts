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
