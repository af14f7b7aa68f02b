import { terminalStates } from '@levautofix/contract/job-state';
import { expect, it } from 'vitest';
import type { Incident } from '../domain/incident.js';
import { newJob } from '../job/new-job.js';
import { endReport } from './end-report.js';

const incident = {
  id: 'i',
  service: 'shop',
  fingerprint: 'v1:0123456789abcdef',
  severity: 'high',
  count: 12,
  error: { type: 'TypeError', message: 'no hunter2hunter2\u001b[2J', stack: ['at total (cart.js:7)', 'at x'] },
} as unknown as Incident;
const job = newJob({ id: 'job-1', incident, baseBranch: 'main', now: 0 });

it('tells what was tried, how it went and how to try again, without secrets and escapes', () => {
  const reason = 'Attempt 1: red\nAttempt 2: hunter2hunter2';
  expect(endReport({ ...job, state: 'exhausted', reason }, incident, ['hunter2hunter2'])).toBe(
    [
      '⚠️ No attempt led to a fix',
      'high · shop · 12 times',
      'TypeError: no [redacted:known]<U+001B>[2J',
      'at total (cart.js:7)',
      '',
      'Attempt 1: red',
      'Attempt 2: [redacted:known]',
      '',
      'Cost: no attempts, $0.00.',
      'Job job-1. Look at it and repair it by hand, or start a new job once the reason is gone: /reopen 0123456789abcdef',
    ].join('\n'),
  );
});

it('cuts what is long, and no secret in two', () => {
  const long = (length: number) => `${'x'.repeat(length - 10)} hunter2hunter2`;
  const error = { type: 'E', message: long(297), stack: [] };
  const report = endReport({ ...job, state: 'failed', reason: long(1_500) }, { ...incident, error }, [
    'hunter2hunter2',
  ]);
  expect(report).toContain('x [red');
  expect(report).not.toContain('hunter');
  expect(report?.length).toBeLessThan(2_100);
});

it('reports the ends that nobody chose', () => {
  const reported = terminalStates.filter((state) => endReport({ ...job, state }, incident, []) !== null);
  expect(reported).toEqual(['declined', 'exhausted', 'failed']);
});
