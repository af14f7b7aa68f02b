// One attempt against an agent and a repository that do as the test says.
import { Fault } from '@levautofix/service-kit/fault';
import { expect, test } from 'vitest';
import type { Incident } from '../domain/incident.js';
import { sampleFile } from '../domain/sample-file.testkit.js';
import type { CodingAgent, RepairOutcome, RepairRequest } from '../ports/coding-agent.js';
import type { Repository } from '../ports/repository.js';
import { type AttemptInput, runAttempt } from './run-attempt.js';

const usage = { usd: 0.2, tokens: 30 };
const proposal = { rootCause: 'why', summary: 'what', risk: 'low', regressionTest: null };
const done: RepairOutcome = { kind: 'done', proposal, sessionId: 's-1', usage };

function setUp(said: RepairOutcome | Error, changed: string | null, refusal?: Fault) {
  const requests: RepairRequest[] = [];
  const messages: string[] = [];
  const agent: CodingAgent = {
    rung: 'claude-code',
    checkAvailable: () => Promise.resolve(null),
    repair(request) {
      requests.push(request);
      return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
    },
  };
  const repository = {
    listFiles: () => Promise.resolve(['src/a.js']),
    lineHistory: () => Promise.resolve([]),
    readFile: (_repo: string, commit: string, path: string) =>
      Promise.resolve(path === 'src/a.js' ? `export const a = "${commit}";\n` : null),
    commitCandidate(_worktree: unknown, _repo: string, message: string) {
      messages.push(message);
      if (refusal) return Promise.reject(refusal);
      return Promise.resolve(changed === null ? null : { commit: 'c1', tree: 't1' });
    },
    describeChange: () =>
      Promise.resolve({
        diffHash: 'sha256:1',
        change: {
          files: [sampleFile({ path: changed ?? '' })],
          linesAdded: 1,
          linesDeleted: 1,
          diff: '+the diff',
        },
      }),
  } as unknown as Repository;
  const clock = { now: 1_000 };
  const run = (signal = new AbortController().signal) =>
    runAttempt(
      input,
      { agent, repository, secretScanner: { scan: () => Promise.resolve([]) }, now: () => (clock.now += 500) },
      signal,
    );
  return { run, requests, messages };
}

const input: AttemptInput = {
  job: { id: 'j', attempts: [], feedback: [], predecessor: null },
  incident: {
    service: 'shop',
    kind: 'error',
    severity: 'high',
    count: 1,
    environment: 'p',
    release: null,
    request: null,
    context: [],
    firstSeenAt: 0,
    lastSeenAt: 0,
    sightings: [],
    error: { type: 'TypeError', message: 'x is\nnot y, closes #1', stack: ['at a (/srv/src/a.js:1:1)'] },
  } as unknown as Incident,
  service: { repoPath: '/r', protectedPaths: [] },
  worktree: { path: '/r/.worktrees/w', branch: 'b', baseCommit: 'c0' },
  next: { number: 1, rung: 'claude-code', sessionId: null },
  nonce: '0'.repeat(32),
  secrets: [],
  limits: { timeoutMs: 60_000, maxUsd: 2 },
};

test('a change is proposed with the facts of its commit, not yet passed', async () => {
  const { run, requests, messages } = setUp(done, 'src/a.js');
  expect(await run()).toEqual({
    event: 'change_proposed',
    candidate: {
      commit: 'c1',
      diffHash: 'sha256:1',
      change: expect.objectContaining({ diff: '+the diff' }) as object,
      proposal,
    },
    flags: [],
    attempt: expect.objectContaining({
      number: 1,
      rung: 'claude-code',
      outcome: 'failed',
      usd: 0.2,
      tokens: 30,
      sessionId: 's-1',
      commit: 'c1',
      diff: '+the diff',
      rootCause: 'why',
      durationMs: 500,
    }) as object,
  });
  expect(requests).toEqual([
    expect.objectContaining({ worktreePath: '/r/.worktrees/w', timeoutMs: 60_000, maxUsd: 2, attempt: 1 }),
  ]);
  expect(requests[0]?.prompt).toContain('export const a = "c0"');
  expect(messages).toEqual(['fix: TypeError: x is not y, closes # 1']);
});

test('exit 0 without work is no change', async () => {
  const result = await setUp(done, null).run();
  expect(result).toMatchObject({ event: 'attempt_failed', candidate: null, attempt: { outcome: 'no_change' } });
});

test('a timeout and a failure are values that keep what was left and what it cost', async () => {
  expect(await setUp({ kind: 'timeout', sessionId: 's', usage }, 'src/a.js').run()).toMatchObject({
    event: 'attempt_failed',
    candidate: null,
    attempt: { outcome: 'timeout', usd: 0.2, diff: '+the diff' },
  });
  expect(await setUp({ kind: 'failed', reason: 'exit 3', sessionId: null, usage }, null).run()).toMatchObject({
    event: 'attempt_failed',
    attempt: { outcome: 'failed', reason: 'exit 3' },
  });
});

test('declining commits nothing, whatever the worktree holds', async () => {
  const { run, messages } = setUp({ kind: 'declined', reason: 'not ours', sessionId: null, usage }, 'src/a.js');
  expect(await run()).toMatchObject({
    event: 'declined',
    candidate: null,
    attempt: { outcome: 'declined', reason: 'not ours' },
  });
  expect(messages).toEqual([]);
});

test('a refused diff is never a candidate, and says why', async () => {
  const result = await setUp(done, '.github/workflows/ci.yml').run();
  expect(result).toMatchObject({
    event: 'attempt_failed',
    candidate: null,
    attempt: { outcome: 'refused' },
    flags: [{ kind: 'protected_path' }],
  });
  expect(result.attempt.reason).toContain('.github/workflows/ci.yml runs in continuous integration');
});

test('what is no fault of the attempt rejects', async () => {
  const fault = new Fault({ code: 'agent_rate_limited', message: 'later', remedy: '', isRetryable: true });
  await expect(setUp(fault, null).run()).rejects.toBe(fault);
  const stopping = new AbortController();
  stopping.abort(new Error('lease lost'));
  await expect(setUp(done, 'src/a.js').run(stopping.signal)).rejects.toThrow('lease lost');
});

test('a worktree with what no commit may hold is a refused attempt, and the next one can be told why', async () => {
  const refusal = new Fault({
    code: 'change_refused',
    message: 'src/x is a link out of the worktree.',
    remedy: 'Leave it out.',
  });
  expect(await setUp(done, 'src/a.js', refusal).run()).toMatchObject({
    event: 'attempt_failed',
    candidate: null,
    attempt: { outcome: 'refused', reason: 'src/x is a link out of the worktree.', commit: null },
  });
  const broken = new Fault({ code: 'git_failed', message: 'git ended with 128.', remedy: 'Look at it.' });
  await expect(setUp(done, 'src/a.js', broken).run()).rejects.toBe(broken);
});
