import { expect, it } from 'vitest';
import { incidentOutcome } from './incident-outcome.js';

const published = { state: 'published', pullRequest: { number: 1, url: 'u' } } as const;

it('waits for a fix that is followed, and leaves one that nobody follows to a person', () => {
  expect(incidentOutcome('superseded', [{ state: 'superseded', pullRequest: null }, published])).toBe('fix_proposed');
  expect(incidentOutcome('superseded', [{ state: 'superseded', pullRequest: published.pullRequest }])).toBe(
    'needs_person',
  );
  expect(incidentOutcome('published', [published])).toBe('fix_proposed');
  expect(incidentOutcome('rejected', [])).toBe('skipped');
});
