import { expect, it } from 'vitest';
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import { matchIncident, type News } from './match-incident.js';

const now = 1_000;
const report: News = {};

it.each<[string, Partial<Incident>, News, object]>([
  ['a new error gets a job', { state: 'open' }, report, { kind: 'job_due', reopenAs: null }],
  ['a job that was never opened is made up for', { state: 'open' }, null, { kind: 'job_due', reopenAs: null }],
  ['an error with a job is only counted', { state: 'open', jobId: 'job-1' }, report, { kind: 'recurring' }],
  ['a proposed fix is waited for', { state: 'fix_proposed', jobId: 'job-1' }, report, { kind: 'recurring' }],
  ['a merged fix may not be deployed yet', { state: 'merged', jobId: 'job-1' }, report, { kind: 'recurring' }],
  ['a skipped error stays skipped', { state: 'skipped' }, report, { kind: 'held' }],
  ['a person who has to act is not overtaken', { state: 'needs_person' }, report, { kind: 'held' }],
  ['a snooze holds until its end', { state: 'snoozed', snoozedUntil: now + 1 }, report, { kind: 'held' }],
  ['a snooze ends', { state: 'snoozed', snoozedUntil: now }, report, { kind: 'job_due', reopenAs: 'open' }],
  ['a repeated message does not end a snooze', { state: 'snoozed', snoozedUntil: now }, null, { kind: 'held' }],
  [
    'what was resolved and is back gets a job',
    { state: 'resolved' },
    report,
    { kind: 'job_due', reopenAs: 'regressed' },
  ],
  [
    'a followed fix is judged by the build',
    { state: 'resolved', fixes: [{ mergeCommit: 'm1' } as Fix] },
    report,
    { kind: 'recurring' },
  ],
  ['a repeated message is no regression', { state: 'resolved' }, null, { kind: 'recurring' }],
  ['a failing probe is for a person', { state: 'open', kind: 'probe' }, report, { kind: 'for_person' }],
  ['the digest of a flood is for a person', { state: 'open' }, { dropped: 5 }, { kind: 'for_person' }],
])('%s', (_, patch, news, expected) => {
  const incident = { kind: 'error', jobId: null, snoozedUntil: null, fixes: [], ...patch } as Incident;
  expect(matchIncident(incident, news, now)).toEqual(expected);
});
