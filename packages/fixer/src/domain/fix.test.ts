import { expect, it } from 'vitest';
import { fixOutcome, isSameFix, type Fix } from './fix.js';

const fix = {
  jobId: 'j1',
  pullRequest: { number: 3, url: '' },
  mergedAt: null,
  closedAt: null,
  handsOffAt: null,
} as Fix;

it.each<[string, Partial<Fix>]>([
  ['open', {}],
  ['closed', { closedAt: 1 }],
  ['merged_as_is', { mergedAt: 2 }],
  ['merged_edited', { mergedAt: 2, handsOffAt: 1 }],
])('came to be %s', (outcome, patch) => {
  expect(fixOutcome({ ...fix, ...patch })).toBe(outcome);
});

it('stays the same through rounds of review, and is another one once a merged number is used again', () => {
  const next = { jobId: 'j2', pullRequest: { number: 3, url: '' } };
  expect(isSameFix(fix, next)).toBe(true);
  expect(isSameFix({ ...fix, mergedAt: 1 }, next)).toBe(false);
  expect(isSameFix({ ...fix, mergedAt: 1 }, fix)).toBe(true);
  expect(isSameFix(fix, { ...next, pullRequest: { number: 4, url: '' } })).toBe(false);
});
