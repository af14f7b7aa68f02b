import { Fault } from '@levautofix/service-kit/fault';
import { workingStates } from '@levautofix/contract/job-state';
import { describe, expect, it } from 'vitest';
import { newJob } from '../job/new-job.js';
import { runStep, type Step, type Steps } from './run-step.js';

const limits = { maxCrashes: 3, maxDeferrals: 5, random: () => 1 };
const job = newJob({
  id: 'job-1',
  incident: { id: 'incident-1', fingerprint: 'v1:0123456789abcdef', service: 'shop', severity: 'high' },
  baseBranch: 'main',
  now: 0,
});
const away = (retryAt?: number) =>
  new Fault({ code: 'away', message: 'Away.', remedy: 'Wait.', isRetryable: true, ...(retryAt && { retryAt }) });

describe('a step', () => {
  it('answers what the state asks for', async () => {
    expect(await run(() => Promise.resolve({ event: 'started' }))).toEqual({ event: 'started' });
  });

  it('puts the job off for a passing fault, longer each time in a row', async () => {
    const fail: Step = () => Promise.reject(away());
    expect(await run(fail)).toMatchObject({
      event: 'deferred',
      patch: { notBefore: 1_000 + 5_000, reason: 'Away. Wait.' },
    });
    expect(await run(fail, { deferrals: 2 })).toMatchObject({
      event: 'deferred',
      patch: { notBefore: 1_000 + 20_000 },
    });
  });

  it('waits until a stated time without ever giving up over it', async () => {
    const result = await run(() => Promise.reject(away(99_000)), { deferrals: 50 });
    expect(result).toMatchObject({ event: 'deferred', patch: { notBefore: 99_000 } });
  });

  it('gives up after too many deferrals in a row', async () => {
    expect(await run(() => Promise.reject(away()), { deferrals: 5 })).toMatchObject({ event: 'faulted' });
  });

  it('fails the job for a fault that will not pass', async () => {
    const missing = new Fault({ code: 'gone', message: 'No repository.', remedy: 'Set REPO_PATH.' });
    expect(await run(() => Promise.reject(missing))).toMatchObject({
      event: 'faulted',
      patch: { reason: 'No repository. Set REPO_PATH.' },
    });
  });

  it('leaves a job that keeps killing its worker to a person', async () => {
    const never: Step = () => Promise.reject(new Error('must not run'));
    expect(await run(never, { crashes: 4 })).toMatchObject({
      event: 'faulted',
      patch: { reason: expect.stringContaining('died 4 times') as string },
    });
  });

  it('passes on that it was stopped rather than writing an outcome', async () => {
    const stop = new AbortController();
    const step: Step = () => {
      stop.abort(new Error('stopped'));
      return Promise.reject(away());
    };
    await expect(runStep(job, steps(step), { signal: stop.signal, now: () => 0 }, limits)).rejects.toThrow('stopped');
  });
});

function run(step: Step, patch: object = {}) {
  return runStep({ ...job, ...patch }, steps(step), { signal: new AbortController().signal, now: () => 1_000 }, limits);
}

function steps(step: Step): Steps {
  return Object.fromEntries(workingStates.map((state) => [state, step])) as Steps;
}
