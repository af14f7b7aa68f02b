import { describe, expect, it } from 'vitest';
import type { Job } from '../domain/job.js';
import { findNonceShownAt, maxFeedbackLength, recordNamed, recordPress } from './record-decision.js';
import { sampleJob, sampleRequest } from '../job/sample-job.testkit.js';

const { nonce } = sampleRequest;
const commit = sampleRequest.commit ?? '';
const diffHash = sampleRequest.diffHash ?? '';
const by = 'telegram:7';

describe('a press', () => {
  it('approves the change the question showed, once', async () => {
    const jobs = fakeJobs(sampleJob());
    const first = await recordPress(jobs, { nonce, answer: 'approve', by }, () => 2_000);
    expect(first).toMatchObject({ isAccepted: true, job: { state: 'publishing', commit } });
    expect(jobs.stored()).toMatchObject({
      state: 'publishing',
      approval: { decision: { answer: 'approve', by, at: 2_000 } },
    });
    const second = await recordPress(jobs, { nonce, answer: 'skip', by }, () => 2_001);
    expect(second).toMatchObject({ isAccepted: false, code: 'answered' });
    expect(jobs.stored().state).toBe('publishing');
    expect(jobs.notes).toEqual(['Approved by telegram:7.']);
  });

  it('skips', async () => {
    const jobs = fakeJobs(sampleJob());
    await recordPress(jobs, { nonce, answer: 'skip', by }, () => 2_000);
    expect(jobs.stored()).toMatchObject({ state: 'rejected', reason: 'Skipped by telegram:7.' });
  });

  it('says that it came too late, before and after the job was ended for it', async () => {
    for (const job of [sampleJob(), sampleJob({ state: 'expired' })]) {
      const jobs = fakeJobs(job);
      const result = await recordPress(jobs, { nonce, answer: 'approve', by }, () => 61_000);
      expect(result).toMatchObject({
        isAccepted: false,
        code: 'expired',
        message: expect.stringContaining('expired') as string,
      });
      expect(jobs.stored()).toEqual(job);
    }
  });

  it.each(['', 'x', `${nonce}x`, nonce.slice(1), '__proto__'])('is refused for the made-up id %j', async (guess) => {
    const jobs = fakeJobs(sampleJob());
    const result = await recordPress(jobs, { nonce: guess, answer: 'approve', by }, () => 2_000);
    expect(result).toMatchObject({ isAccepted: false, code: 'unknown' });
  });

  it.each([{ commit: 'e'.repeat(40) }, { diffHash: 'sha256:other' }])(
    'is refused when the change became another: %j',
    async (patch) => {
      const jobs = fakeJobs(sampleJob(patch));
      expect(await recordPress(jobs, { nonce, answer: 'approve', by }, () => 2_000)).toMatchObject({ code: 'stale' });
      expect(jobs.stored().state).toBe('awaiting_approval');
    },
  );

  it('counts once when two people press at the same moment', async () => {
    const jobs = fakeJobs(sampleJob());
    const results = await Promise.all(
      (['approve', 'skip'] as const).map((answer) => recordPress(jobs, { nonce, answer, by }, () => 2_000)),
    );
    expect(results.filter((result) => result.isAccepted)).toHaveLength(1);
    expect(jobs.notes).toHaveLength(1);
  });

  it('is not lost when a worker writes the job in between', async () => {
    const jobs = fakeJobs(sampleJob());
    jobs.beforeSave = () => {
      jobs.beforeSave = null;
      jobs.put({ ...jobs.stored(), version: jobs.stored().version + 1, fence: 9 });
    };
    expect(await recordPress(jobs, { nonce, answer: 'approve', by }, () => 2_000)).toMatchObject({ isAccepted: true });
  });

  it('remembers where it was pressed, even before the question was written down as shown', async () => {
    const jobs = fakeJobs(sampleJob());
    const shownAt = { channel: 'telegram', reference: '1:2' };
    const result = await recordPress(jobs, { nonce, answer: 'approve', by, shownAt }, () => 2_000);
    expect(result).toMatchObject({ asked: { approval: { shownAt: { telegram: '1:2' } } } });
  });
});

describe('an answer in words', () => {
  const say = (jobs: ReturnType<typeof fakeJobs>, text: string) =>
    recordPress(jobs, { nonce, answer: 'feedback', text, by }, () => 2_000);

  it('sends the change back, which can then no longer be approved', async () => {
    const jobs = fakeJobs(sampleJob());
    expect(await say(jobs, ' Use the\u001b[31m default. ')).toMatchObject({ isAccepted: true });
    expect(jobs.stored()).toMatchObject({
      state: 'repairing',
      feedback: ['Use the default.'],
      commit: null,
      diffHash: null,
    });
    const named = { jobId: 'job-1', answer: 'approve', commit, diffHash, by } as const;
    expect(await recordNamed(jobs, named, () => 2_001)).toMatchObject({ code: 'closed' });
  });

  it('is bounded in length and in rounds', async () => {
    const jobs = fakeJobs(sampleJob());
    await say(jobs, 'x'.repeat(50_000));
    expect(jobs.stored().feedback[0]).toHaveLength(maxFeedbackLength);
    expect(await say(fakeJobs(sampleJob({ feedback: ['a', 'b', 'c'] })), 'again')).toMatchObject({ code: 'invalid' });
    expect(await say(fakeJobs(sampleJob()), ' \n')).toMatchObject({ code: 'invalid' });
  });

  it('finds its question by where it stands', async () => {
    const job = sampleJob({ approval: { ...sampleRequest, shownAt: { telegram: '1:2' } } });
    const jobs = { listOpen: () => Promise.resolve([job]) };
    expect(await findNonceShownAt(jobs, 'telegram', '1:2')).toBe(nonce);
    expect(await findNonceShownAt(jobs, 'telegram', '1:3')).toBeNull();
  });
});

describe('a decision that names the change', () => {
  const decide = (jobs: ReturnType<typeof fakeJobs>, patch: object = {}) =>
    recordNamed(jobs, { jobId: 'job-1', answer: 'approve', commit, diffHash, by: 'api', ...patch }, () => 2_000);

  it('is accepted even before a question was shown anywhere', async () => {
    const jobs = fakeJobs(sampleJob({ approval: null }));
    expect(await decide(jobs)).toMatchObject({ isAccepted: true });
    expect(jobs.stored()).toMatchObject({
      state: 'publishing',
      approval: { commit, diffHash, decision: { by: 'api' } },
    });
  });

  it('is refused for any other commit or diff, for unknown jobs and for jobs that wait for nobody', async () => {
    expect(await decide(fakeJobs(sampleJob()), { commit: 'f'.repeat(40) })).toMatchObject({ code: 'stale' });
    expect(await decide(fakeJobs(sampleJob()), { diffHash: '' })).toMatchObject({ code: 'stale' });
    expect(await decide(fakeJobs(sampleJob()), { jobId: 'job-2' })).toMatchObject({ code: 'unknown' });
    expect(await decide(fakeJobs(sampleJob({ state: 'verifying' })))).toMatchObject({ code: 'closed' });
  });

  it('starts a repair that waits for permission', async () => {
    const waiting = sampleJob({ state: 'awaiting_start', commit: null, diffHash: null, approval: null });
    const jobs = fakeJobs(waiting);
    expect(await decide(jobs, { commit: '', diffHash: '' })).toMatchObject({ isAccepted: true });
    expect(jobs.stored().state).toBe('preparing');
  });
});

function fakeJobs(first: Job) {
  let job = first;
  return {
    notes: [] as (string | null)[],
    beforeSave: null as (() => void) | null,
    stored: () => job,
    put(next: Job) {
      job = next;
    },
    get: (id: string) => Promise.resolve(id === job.id ? job : null),
    findByNonce: (value: string) => Promise.resolve(value === job.approval?.nonce ? job : null),
    save(previous: Pick<Job, 'version' | 'fence'>, next: Job, entry: { note: string | null }) {
      this.beforeSave?.();
      if (previous.version !== job.version || previous.fence !== job.fence) return Promise.resolve(false);
      job = next;
      this.notes.push(entry.note);
      return Promise.resolve(true);
    },
  };
}
