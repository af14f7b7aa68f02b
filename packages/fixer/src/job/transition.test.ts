import { describe, expect, it } from 'vitest';
import { newJob } from './new-job.js';
import { applyTransition } from './transition.js';

const job = newJob({
  id: 'job-1',
  incident: { id: 'incident-1', fingerprint: 'v1:0123456789abcdef', service: 'shop', severity: 'high' },
  baseBranch: 'main',
  now: 1_000,
});

describe('a transition', () => {
  it('moves the job, frees its lease and writes one history row', () => {
    const leased = { ...job, leasedBy: 'worker', leasedUntil: 9_000, version: 4, crashes: 2, deferrals: 1 };
    const result = applyTransition(leased, { event: 'started', note: 'go' }, 2_000);
    expect(result).toMatchObject({
      isAllowed: true,
      job: {
        state: 'preparing',
        leasedBy: null,
        leasedUntil: null,
        version: 5,
        crashes: 0,
        deferrals: 0,
        notBefore: 2_000,
        updatedAt: 2_000,
      },
      entry: { jobId: 'job-1', version: 5, at: 2_000, event: 'started', from: 'queued', to: 'preparing', note: 'go' },
    });
  });

  it('counts deferrals in a row and keeps the crash count while put off', () => {
    const result = applyTransition(
      { ...job, crashes: 2, deferrals: 1 },
      { event: 'deferred', patch: { notBefore: 7_000 } },
      2_000,
    );
    expect(result).toMatchObject({
      isAllowed: true,
      job: { state: 'queued', crashes: 2, deferrals: 2, notBefore: 7_000 },
    });
  });

  it('refuses what the table does not allow, and says why', () => {
    expect(applyTransition(job, { event: 'pull_request_opened' }, 0)).toEqual({
      isAllowed: false,
      reason: 'A job that is queued cannot take "pull_request_opened".',
    });
    expect(applyTransition({ ...job, state: 'published' }, { event: 'approved' }, 0)).toEqual({
      isAllowed: false,
      reason: 'The job has already ended (published).',
    });
  });
});
