import { describe, expect, it } from 'vitest';
import type { Job } from '../domain/job.js';
import { newJob } from '../job/new-job.js';
import { admitJob, type AdmissionFacts, type AdmissionLimits } from './admit-job.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const hourMs = 3_600_000;
const limits: AdmissionLimits = { jobsPerHour: 3, openPullRequests: 2, cooldownMs: hourMs, stormErrors: 10 };
const url = 'https://example.com/7';

describe('a new job', () => {
  it('starts when nothing speaks against it, or asks first where that is wanted', () => {
    expect(admit()).toEqual({ event: 'started', patch: { admittedAt: now, reason: null } });
    expect(admit({ isAskedFirst: true })).toMatchObject({ event: 'start_requested', patch: { admittedAt: now } });
  });

  it('is superseded by a fix that waits for its deploy, and not by one that runs or may run', () => {
    const fixOnBase = (isDeployed: boolean | null) => ({ fixOnBase: { commit: 'abcdef0123456789', isDeployed } });
    expect(admit(fixOnBase(false))).toMatchObject({
      event: 'superseded',
      patch: { reason: 'Already fixed in abcdef0123 on main, waiting for deploy.' },
    });
    expect(admit(fixOnBase(true)).event).toBe('started');
    expect(admit(fixOnBase(null)).event).toBe('started');
  });

  it('is superseded by an open or a merged pull request and shows it', () => {
    expect(admit({ pullRequest: found('open') })).toMatchObject({
      event: 'superseded',
      patch: { pullRequest: { number: 7, url }, reason: `Pull request #7 is already open for this error: ${url}` },
    });
    expect(admit({ pullRequest: found('merged') })).toMatchObject({
      event: 'superseded',
      patch: { reason: `Already fixed by pull request #7, waiting for deploy: ${url}` },
    });
  });

  it('takes a closed pull request for a no, once', () => {
    const closed = { pullRequest: found('closed') };
    expect(admit(closed)).toMatchObject({ event: 'rejected', patch: { pullRequest: { number: 7, url } } });
    const heard = job({ id: 'earlier', state: 'rejected', pullRequest: { number: 7, url } });
    expect(admit({ ...closed, earlier: [heard] }).event).toBe('started');
  });

  it('starts for an error that is back after its fix was merged', () => {
    const merged = { pullRequest: found('merged') };
    expect(admit({ ...merged, incident: { state: 'regressed' } }).event).toBe('started');
    expect(admit({ ...merged, fixOnBase: { commit: 'abcdef0123', isDeployed: true } }).event).toBe('started');
    const predecessor = { why: 'reviewed' } as Job['predecessor'];
    expect(admit({ pullRequest: found('open'), job: job({ predecessor }) }).event).toBe('started');
  });

  it('lets its error rest after a job for it failed', () => {
    const failed = job({ id: 'failed', state: 'exhausted', updatedAt: now - hourMs / 2 });
    expect(admit({ earlier: [failed] })).toMatchObject({
      event: 'deferred',
      patch: { notBefore: now + hourMs / 2, deferrals: 0, reason: expect.stringContaining('12:30 UTC') as string },
    });
    expect(admit({ earlier: [{ ...failed, updatedAt: now - hourMs }] }).event).toBe('started');
    expect(admit({ earlier: [{ ...failed, state: 'declined' }] }).event).toBe('started');
    expect(admit({ earlier: [failed] }, { cooldownMs: 0 }).event).toBe('started');
  });

  it('waits until fewer jobs were started within the hour', () => {
    const others = [50, 40, 70, 20].map((minutes, index) =>
      job({ id: `other-${index}`, service: `s${index}`, admittedAt: now - minutes * 60_000 }),
    );
    expect(admit({ others })).toMatchObject({
      event: 'deferred',
      patch: { notBefore: now + 10 * 60_000, reason: expect.stringContaining('3 jobs were started') as string },
    });
    expect(admit({ others: others.slice(1) }).event).toBe('started');
    expect(admit({ others }, { jobsPerHour: 0 }).event).toBe('started');
    // With a limit that was lowered, the one that frees a place is not the oldest.
    expect(admit({ others }, { jobsPerHour: 1 })).toMatchObject({ patch: { notBefore: now + 40 * 60_000 } });
  });

  it('waits while too many pull requests are open', () => {
    expect(admit({ openPullRequests: 2 })).toMatchObject({
      event: 'deferred',
      patch: { reason: expect.stringContaining('MAX_OPEN_PULL_REQUESTS') as string },
    });
    expect(admit({ openPullRequests: 1 }).event).toBe('started');
    expect(admit({ openPullRequests: 99 }, { openPullRequests: 0 }).event).toBe('started');
  });
});

function admit(facts: Partial<AdmissionFacts> = {}, patch: Partial<AdmissionLimits> = {}) {
  const none = { others: [], earlier: [], pullRequest: null, fixOnBase: null, openPullRequests: 0 };
  return admitJob(
    { job: job(), incident: { state: 'open' }, isAskedFirst: false, ...none, ...facts },
    { ...limits, ...patch },
    now,
  );
}

function job(patch: Partial<Job> = {}): Job {
  const incident = { id: 'i', fingerprint: 'v1:0123456789abcdef', service: 'shop', severity: 'high' } as const;
  return { ...newJob({ id: 'job', incident, baseBranch: 'main', now }), ...patch };
}

function found(state: 'open' | 'closed' | 'merged') {
  return { number: 7, url, state, commit: 'c'.repeat(40) };
}
