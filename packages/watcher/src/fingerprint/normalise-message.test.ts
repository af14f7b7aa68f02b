import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNormaliser, explainMessage } from './normalise-message.js';

const hex = fc.stringMatching(/^[0-9a-f]{1,45}$/);
const number = fc.stringMatching(/^\d{1,12}$/);
/** What the rules look for, and what stands next to it. */
const piece = fc.oneof(
  number,
  hex,
  fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
  fc
    .tuple(fc.constantFrom('0x', '0X', 'ch_', 'row ', 'id', '$', '-', '#', 'user '), fc.oneof(hex, number))
    .map((all) => all.join('')),
  fc
    .tuple(
      fc.constantFrom('status', 'Status code', 'code', 'HTTP/1.1', 'HTTP', 'errno', 'signal', 'exited', 'node'),
      fc.constantFrom(' ', ': ', '=', ':', ' = ', ''),
      fc.constantFrom('', '-'),
      fc.stringMatching(/^\d{1,4}$/),
    )
    .map((all) => all.join('')),
  fc.ipV4(),
  fc.ipV6(),
  fc.uuid(),
  fc.webUrl(),
  fc.emailAddress(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.constantFrom(
    'Jan 5 ',
    'Mon, 05 Feb 2024 ',
    'dup key: {',
    ': INSERT INTO t VALUES (',
    ' SELECT a FROM t WHERE b = ',
    ' in (',
    ' - Duplicate entry ',
    ' for key ',
    'Failing row contains (',
    'invalid literal for int: ',
    'parsing "',
    '/home/',
    'C:\\Users\\',
    '}',
    ')=(',
    'value',
    'path=',
    'from',
    'is not valid JSON',
    'é',
    '–',
    'für',
  ),
  fc.constantFrom(
    'true',
    'ms',
    ' s',
    'bytes',
    'PM',
    'T',
    'Z',
    ' UTC',
    '+01:00',
    '.com',
    '.js',
    '/srv/app/',
    '\\',
    '\n',
  ),
  fc.string({ maxLength: 12 }),
);
const joint = fc.constantFrom(
  ' ',
  ' ',
  '',
  '.',
  ',',
  ':',
  '::',
  '-',
  '_',
  '/',
  '=',
  '"',
  "'",
  '(',
  ')',
  '[',
  ']',
  '<',
  '$',
  '@',
  '+',
);
const message = fc
  .array(
    fc.tuple(piece, joint).map((both) => both.join('')),
    { maxLength: 12 },
  )
  .map((all) => all.join(''));

test('a message normalised by its shape reads as if every rule had been applied to it', () => {
  const normalise = createNormaliser((text) => ({ text }));
  fc.assert(
    fc.property(message, (text) => {
      expect(normalise(text).text).toBe(explainMessage(text, () => undefined));
    }),
    { numRuns: Number(process.env.RUNS ?? 2000) },
  );
});

test.each([
  ['an address with its port', 'connect ECONNREFUSED ::1:27017', 'connect ECONNREFUSED <ip>'],
  ['an address that is a name', 'no Pool::1:27017 left', 'no Pool::<n>:<n> left'],
  ['a code', 'Minified React error #130; see Error #7', 'Minified React error #130; see Error #7'],
  ['a number that is none', 'error #1301 of worker #130', 'error #<n> of worker #<n>'],
])('%s', (_name, text, normalised) => {
  expect(explainMessage(text, () => undefined)).toBe(normalised);
});

test.each([
  'SELECT ',
  "VALUES ('",
  "''",
  'in (a(',
  '= ',
  '=a,',
  'parse "',
  'invalid value for ',
  "duplicate entry '",
  '(',
  '\\',
])('a statement of %j over and over is read to its end', (part) => {
  const text = `INSERT INTO t VALUES (${part.repeat(2000)}`;
  expect(explainMessage(text, () => undefined)).toMatch(/^INSERT INTO t VALUES /);
});

test('messages that differ in numbers alone are normalised once', () => {
  const described: string[] = [];
  const normalise = createNormaliser((text) => {
    described.push(text);
    return { text };
  });
  normalise('row 1234567 of 10.0.12.7 locked by 9f3a27c1 after 22414ms');
  normalise('row 98765 of 10.4.99.8 locked by 0abc99ef after 10001ms');
  expect(described).toEqual(['row <n> of <ip> locked by <n> after <duration>']);
});
