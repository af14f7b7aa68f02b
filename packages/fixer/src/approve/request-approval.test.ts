import { Fault } from '@levautofix/service-kit/fault';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../domain/attempt.js';
import type { Job } from '../domain/job.js';
import { applyTransition } from '../job/transition.js';
import type { ApprovalChannel, ApprovalQuestion } from '../ports/approval-channel.js';
import { concludeApproval } from './conclude-approval.js';
import { requestApproval } from './request-approval.js';
import { sampleIncident, sampleJob, sampleRequest } from '../job/sample-job.testkit.js';

const incidents = { get: () => Promise.resolve(sampleIncident) };
const context = { sandbox: 'bubblewrap', secrets: ['hunter2hunter2'] };

describe('asking', () => {
  it('stores the one-time id before anybody can press, then shows the question, then waits for its expiry', async () => {
    const channel = fakeChannel('telegram');
    const stored = await step(sampleJob({ approval: null }), [channel], 1_000);
    expect(channel.asked).toEqual([]);
    expect(stored.approval).toMatchObject({ commit: stored.commit, diffHash: stored.diffHash, expiresAt: 61_000 });
    expect(Buffer.from(stored.approval?.nonce ?? '', 'base64url')).toHaveLength(16);

    const shown = await step(stored, [channel], 1_001);
    expect(channel.asked).toHaveLength(1);
    expect(channel.asked[0]?.nonce).toBe(stored.approval?.nonce);
    expect(shown).toMatchObject({ notBefore: 61_000, approval: { shownAt: { telegram: 'telegram-1' } } });

    expect(await step(shown, [channel], 61_000)).toMatchObject({
      state: 'expired',
      reason: 'Nobody answered in time.',
    });
  });

  it('leaves standing what verification said of the change', async () => {
    const job = sampleJob({ reason: 'No test shows the error.' });
    expect(await step(job, [fakeChannel('telegram')], 2_000)).toMatchObject({ reason: 'No test shows the error.' });
  });

  it('asks anew, with another id, when the change became another', async () => {
    const next = await step(sampleJob({ commit: 'e'.repeat(40) }), [], 2_000);
    expect(next.approval?.commit).toBe('e'.repeat(40));
    expect(next.approval?.nonce).not.toBe(sampleRequest.nonce);
  });

  it('asks on the channels that answer, says which did not, and asks those again later', async () => {
    const [up, down] = [fakeChannel('terminal'), fakeChannel('telegram')];
    down.isDown = true;
    const first = await step(sampleJob(), [down, up], 2_000);
    expect(first).toMatchObject({
      state: 'awaiting_approval',
      notBefore: 17_000,
      reason: 'Not asked on telegram: Telegram is away. Wait.',
      approval: { shownAt: { terminal: 'terminal-1' } },
    });
    down.isDown = false;
    const second = await step(first, [down, up], 17_000);
    expect(up.asked).toHaveLength(1);
    expect(second).toMatchObject({
      reason: null,
      notBefore: 61_000,
      approval: { shownAt: { terminal: 'terminal-1', telegram: 'telegram-1' } },
    });
  });
});

describe('the question', () => {
  it('states facts of the change and sums over all attempts', async () => {
    const channel = fakeChannel('telegram');
    const job = sampleJob();
    const before: Attempt = { ...job.attempts[0]!, outcome: 'failed', usd: 0.3, tokens: 100, checks: [] };
    await step({ ...job, attempts: [before, job.attempts[0]!] }, [channel], 2_000);
    expect(channel.asked[0]).toMatchObject({
      kind: 'change',
      path: 'POST /orders',
      count: 12,
      cost: '2 attempts (claude-code, claude-code), $0.42, 3,500 tokens',
      result: 'proven',
      files: [{ path: 'src/cart.js', linesAdded: 2, linesDeleted: 1 }],
      checks: [
        { name: 'test', outcome: 'passed', isGood: true, durationMs: 800 },
        { name: 'proof on base', outcome: 'failed, as it should', isGood: true, durationMs: 300 },
      ],
      sandbox: 'bubblewrap',
    });
  });

  it('shows no secret, no escape and no hidden character, whoever wrote the text', async () => {
    const channel = fakeChannel('telegram');
    const evil = 'x \u001b[31m\u001b[2J\u202e hunter2hunter2';
    const change = { ...sampleJob().change!, diff: `+${evil}` };
    const proposal = { rootCause: evil, summary: evil, risk: evil, regressionTest: evil };
    const flags = [{ kind: 'hidden', file: evil, line: 1, note: evil }];
    await step(sampleJob({ change, proposal, flags }), [channel], 2_000);
    const shown = JSON.stringify(channel.asked[0]);
    expect(shown).toContain('x <U+001B>[2J<U+202E> [redacted:known]');
    for (const part of ['hunter2', '\\u001b', '\u202e']) expect(shown).not.toContain(part);
  });
});

it('tells every channel what became of the question, past one that is away', async () => {
  const [a, b, never] = [fakeChannel('a'), fakeChannel('b'), fakeChannel('never')];
  a.isDown = true;
  const faults: string[] = [];
  const asked = sampleJob({ approval: { ...sampleRequest, shownAt: { a: 'a-1', b: 'b-1' } } });
  await concludeApproval(asked, 'Skipped.', {
    incidents,
    channels: [a, b, never],
    context,
    onFault: (name) => faults.push(name),
  });
  expect(faults).toEqual(['a']);
  expect([b.concluded, never.concluded]).toEqual([['b-1 Skipped.'], []]);
});

async function step(job: Job, channels: ApprovalChannel[], at: number): Promise<Job> {
  const options = { incidents, channels, expiresAfterMs: 60_000, context, random: () => 1 };
  const result = applyTransition(job, await requestApproval(job, { now: () => at }, options), at);
  if (!result.isAllowed) throw new Error(result.reason);
  return result.job;
}

function fakeChannel(name: string) {
  const reach = (channel: { isDown: boolean }) => {
    if (channel.isDown)
      throw new Fault({ code: 'away', message: 'Telegram is away.', remedy: 'Wait.', isRetryable: true });
  };
  return {
    name,
    isDown: false,
    asked: [] as ApprovalQuestion[],
    concluded: [] as string[],
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    notify: () => Promise.resolve(),
    async ask(question: ApprovalQuestion) {
      reach(this);
      this.asked.push(question);
      return Promise.resolve(`${name}-${this.asked.length}`);
    },
    async conclude(reference: string, _question: ApprovalQuestion, outcome: string) {
      reach(this);
      this.concluded.push(`${reference} ${outcome}`);
      return Promise.resolve();
    },
  };
}
