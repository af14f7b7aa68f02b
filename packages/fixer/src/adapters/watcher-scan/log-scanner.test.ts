import { expect, it } from 'vitest';
import { createLogScanner } from './log-scanner.js';

const severityOf = (log: string) => createLogScanner().scan(log).at(-1)?.severity;
const broken = 'TypeError: x is not a function\n    at pay (/srv/shop/pay.js:1:2)\n';
const refused = 'Error: connect ECONNREFUSED 127.0.0.1:27017\n    at connect (/srv/shop/db.js:1:2)\n';

it.each([
  ['an error of the infrastructure', refused, 'critical'],
  ['one that the log holds once', broken, 'low'],
  ['one that it holds three times', broken.repeat(3), 'medium'],
  ['one that it holds ten times among others', `${broken.repeat(9)}${refused}${broken}`, 'high'],
])('gives %s the severity that the watcher gives it', (_what, log, severity) => {
  expect(severityOf(log)).toBe(severity);
});
