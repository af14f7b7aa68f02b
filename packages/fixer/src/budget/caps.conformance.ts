// The caps on what agents cost, on a real ledger: one suite, run on each store.
import { Fault } from '@levautofix/service-kit/fault';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rung } from '../domain/attempt.js';
import type { AgentUsage, CodingAgent, RepairOutcome, RepairRequest } from '../ports/coding-agent.js';
import type { Store } from '../ports/store.js';
import type { TestDatabase } from '../ports/store.conformance.js';
import type { BudgetLimits } from './grant-attempt.js';
import { dayMs, meterAgent } from './meter-agent.js';
import { settleOrphans } from './settle-orphans.js';

const start = Date.parse('2026-03-01T12:00:00Z');
const limits: BudgetLimits = { perAttemptUsd: 2, perJobUsd: 5, perDayUsd: 25 };

type Run = (request: RepairRequest, signal: AbortSignal) => Promise<RepairOutcome>;

export function describeCaps(name: string, createDatabase: () => Promise<TestDatabase>): void {
  describe(`caps on ${name}`, () => {
    let database: TestDatabase;
    let connections: Store[];
    let store: Store;
    let now: number;

    const connect = async () => {
      const connection = await database.connect();
      connections.push(connection);
      return connection;
    };
    beforeEach(async () => {
      database = await createDatabase();
      connections = [];
      store = await connect();
      now = start;
    });
    afterEach(async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await database.remove();
    });

    const attempt = (
      run: Run,
      options: {
        job?: string;
        attempt?: number;
        fence?: number;
        rung?: Rung;
        limits?: Partial<BudgetLimits>;
        ledger?: Store['ledger'];
        signal?: AbortSignal;
      } = {},
    ) => {
      const agent: CodingAgent = {
        rung: options.rung ?? 'claude-code',
        checkAvailable: () => Promise.resolve(null),
        repair: run,
      };
      const budget = { limits: { ...limits, ...options.limits }, ledger: options.ledger ?? store.ledger };
      const request = { jobId: options.job ?? 'job-1', attempt: options.attempt ?? 1, maxUsd: null };
      return meterAgent(agent, options.fence ?? 1, budget, () => now).repair(
        request as RepairRequest,
        options.signal ?? new AbortController().signal,
      );
    };
    const spent = async (job?: string) =>
      store.ledger.total({ since: now - dayMs, ...(job !== undefined && { jobId: job }) });

    it('sets money aside before the agent starts and gives back what it did not need', async () => {
      await attempt(async ({ maxUsd }) => {
        expect(maxUsd).toBe(1.5);
        expect(await spent()).toEqual({ usd: 2, heldUsd: 2, tokens: 0 });
        return done({ usd: 0.3, tokens: 900 });
      });
      expect(await spent()).toEqual({ usd: 0.3, heldUsd: 0, tokens: 900 });
    });

    it('writes down what is streamed while the agent runs, and ends at its sum', async () => {
      await attempt(async ({ onUsage }) => {
        for (const usd of [0.001, 0.2, 0.2, 0.6]) onUsage?.({ usd, tokens: usd * 1_000 });
        await written(0.6);
        expect(await spent()).toEqual({ usd: 2, heldUsd: 1.4, tokens: 600 });
        return done({ usd: 0.5, tokens: 600 });
      });
      expect((await store.ledger.entries('job-1')).map(({ kind, usd }) => [kind, usd])).toEqual([
        ['reserved', 2],
        ['streamed', 0.001],
        ['streamed', 0.199],
        ['streamed', 0.4],
        ['spent', -0.1],
      ]);
      expect(await spent()).toEqual({ usd: expect.closeTo(0.5, 9) as number, heldUsd: 0, tokens: 600 });
    });

    it('charges a killed run what it had streamed, and all of its share when nothing is known', async () => {
      kill({ fence: 1 }, { usd: 0.4, tokens: 10 });
      await written(0.4);
      kill({ job: 'job-2' });
      await until(async () => (await spent('job-2')).usd === 2);
      store = await connect();
      await attempt(() => Promise.resolve(done({ usd: 0.1, tokens: 1 })), { fence: 2 });
      expect(await spent('job-1')).toEqual({ usd: 0.5, heldUsd: 0, tokens: 11 });
      await settleOrphans('job-2', store.ledger, now);
      await settleOrphans('job-2', store.ledger, now);
      expect(await spent('job-2')).toEqual({ usd: 2, heldUsd: 0, tokens: 0 });
    });

    it('tells of an attempt what all its runs cost, the killed ones too', async () => {
      kill({ fence: 1 }, { usd: 0.4, tokens: 10 });
      await written(0.4);
      const whole = await attempt(() => Promise.resolve(done({ usd: 0.1, tokens: 1 })), { fence: 2 });
      expect(whole.usage).toEqual({ usd: 0.5, tokens: 11 });
      const next = await attempt(() => Promise.resolve(done({ usd: 0.2, tokens: 3 })), { attempt: 2, fence: 3 });
      expect(next.usage).toEqual({ usd: 0.2, tokens: 3 });
    });

    it('assumes the worst of an agent that does not say what it cost', async () => {
      await attempt(() => Promise.resolve(done({ usd: null, tokens: 50 })), { job: 'a', rung: 'command' });
      await attempt(() => Promise.resolve(done({ usd: 0, tokens: 0 })), { job: 'b', rung: 'codex' });
      await attempt(() => Promise.resolve(done({ usd: 0, tokens: 0 })), { job: 'free', rung: 'command' });
      await attempt(() => Promise.resolve(done({ usd: 0, tokens: 70 })), { job: 'local', rung: 'ollama' });
      expect([await spent('a'), await spent('b')]).toMatchObject([{ usd: 2 }, { usd: 2 }]);
      expect([await spent('free'), await spent('local')]).toMatchObject([{ usd: 0 }, { usd: 0 }]);
    });

    it('assumes the worst of an agent that is stopped before it said anything, and no more than it said otherwise', async () => {
      const stop = new AbortController();
      const stopped: Run = () => {
        stop.abort(new Error('lease lost'));
        return Promise.reject(stop.signal.reason as Error);
      };
      await expect(attempt(stopped, { job: 'dark', rung: 'command', signal: stop.signal })).rejects.toThrow('lease');
      const telling: Run = ({ onUsage }, signal) => (onUsage?.({ usd: 0.3, tokens: 9 }), stopped({} as never, signal));
      await expect(attempt(telling, { job: 'told', signal: stop.signal })).rejects.toThrow('lease');
      expect([await spent('dark'), await spent('told')]).toMatchObject([{ usd: 2 }, { usd: 0.3 }]);
    });

    it('charges a usage limit or an overload no more than was streamed', async () => {
      const limit = new Fault({ code: 'usage_limit', message: 'x', remedy: 'y', isRetryable: true, retryAt: now + 1 });
      await expect(attempt(() => Promise.reject(limit))).rejects.toBe(limit);
      expect(await spent()).toEqual({ usd: 0, heldUsd: 0, tokens: 0 });
      const late: Run = ({ onUsage }) => (onUsage?.({ usd: 0.25, tokens: 5 }), Promise.reject(limit));
      await expect(attempt(late, { fence: 2 })).rejects.toBe(limit);
      expect(await spent()).toEqual({ usd: 0.25, heldUsd: 0, tokens: 5 });
    });

    it('gives the last attempt what is left of the job, and ends the job when that is too little', async () => {
      const seen: (number | null)[] = [];
      const spend =
        (usd: number): Run =>
        ({ maxUsd }) => (seen.push(maxUsd), Promise.resolve(done({ usd, tokens: 1 })));
      await attempt(spend(2), { attempt: 1, fence: 1 });
      await attempt(spend(1.8), { attempt: 2, fence: 2, rung: 'codex' });
      await attempt(spend(0.9), { attempt: 3, fence: 3 });
      expect(seen).toEqual([1.5, 1.5, expect.closeTo(0.9, 3) as number]);
      await expect(attempt(spend(1), { attempt: 4, fence: 4 })).rejects.toMatchObject({
        code: 'job_budget_spent',
        isRetryable: false,
        message: expect.stringContaining('$4.70 of the $5.00 that MAX_USD_PER_JOB allows') as string,
      });
      expect(seen).toHaveLength(3);
      expect(await spent()).toMatchObject({ usd: expect.closeTo(4.7, 9) as number });
    });

    it('puts the job off until enough of the day has passed', async () => {
      await attempt(() => Promise.resolve(done({ usd: 1, tokens: 1 })), { job: 'early', limits: { perDayUsd: 2 } });
      now += 3_600_000;
      await attempt(() => Promise.resolve(done({ usd: 0.9, tokens: 1 })), { job: 'later', limits: { perDayUsd: 2 } });
      now += 3_600_000;
      const never: Run = () => Promise.reject(new Error('must not start'));
      const fault = await attempt(never, { job: 'third', limits: { perDayUsd: 2 } }).catch((error: unknown) => error);
      expect(fault).toMatchObject({
        code: 'day_budget_spent',
        isRetryable: true,
        message: expect.stringMatching(
          /waits until 2026-03-02 12:0\d UTC: \$1\.90 were spent .* MAX_USD_PER_DAY allows \$2/,
        ) as string,
      });
      now = (fault as Fault).retryAt!;
      expect(now - (start + dayMs)).toBeLessThanOrEqual(60_000);
      await attempt(() => Promise.resolve(done({ usd: 1, tokens: 1 })), { job: 'third', limits: { perDayUsd: 2 } });
      expect(await spent()).toMatchObject({ usd: expect.closeTo(1.9, 9) as number });
    });

    it('asks again soon when what is left is only set aside', async () => {
      kill({ limits: { perDayUsd: 1 } });
      await until(async () => (await spent()).usd === 1);
      const later = attempt(() => Promise.reject(new Error('must not start')), {
        job: 'job-2',
        limits: { perDayUsd: 1 },
      });
      await expect(later).rejects.toMatchObject({ code: 'day_budget_spent', retryAt: now + 60_000 });
    });

    it('starts nothing that costs when a cap is zero', async () => {
      const options = { limits: { perDayUsd: 0 } };
      await expect(attempt(() => Promise.reject(new Error('must not start')), options)).rejects.toMatchObject({
        code: 'job_budget_spent',
        message: expect.stringContaining('is 0') as string,
      });
      const local: Run = ({ maxUsd }) => Promise.resolve(done({ usd: maxUsd, tokens: 8 }));
      expect(await attempt(local, { ...options, rung: 'ollama' })).toMatchObject({ usage: { usd: null } });
    });

    it('never passes the cap of the day with 10 workers at once, though each goes beyond its limit', async () => {
      const workers = await Promise.all(Array.from({ length: 10 }, connect));
      let [started, most] = [0, 0];
      const greedy: Run = async ({ maxUsd, onUsage }) => {
        started += 1;
        onUsage?.({ usd: maxUsd! / 2, tokens: 1_000 });
        await Promise.resolve();
        most = Math.max(most, (await spent()).usd);
        // Its last answer went beyond what it was told.
        return done({ usd: Math.min(maxUsd! + 0.5, (maxUsd! * 4) / 3), tokens: 2_000 });
      };
      const results = await Promise.allSettled(
        workers.map(({ ledger }, index) =>
          attempt(greedy, { job: `job-${index}`, ledger, limits: { perDayUsd: 7.5 } }),
        ),
      );
      const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refused.map(({ reason }) => (reason as Fault).code)).toEqual(refused.map(() => 'day_budget_spent'));
      expect(started).toBeGreaterThanOrEqual(3);
      expect(started + refused.length).toBe(10);
      expect(most).toBeLessThanOrEqual(7.5);
      expect((await spent()).usd).toBeLessThanOrEqual(7.5);
      expect((await spent()).heldUsd).toBe(0);
    });

    /** Starts an attempt that never ends, as one whose process is killed. */
    function kill(options: Parameters<typeof attempt>[1] = {}, usage?: AgentUsage): void {
      void attempt(({ onUsage }) => {
        if (usage) onUsage?.(usage);
        return new Promise(() => {});
      }, options);
    }

    /** Waits for what was streamed to reach the ledger. */
    function written(usd: number): Promise<void> {
      return until(async () => {
        const { usd: total, heldUsd } = await spent('job-1');
        return Math.abs(total - heldUsd - usd) < 1e-9;
      });
    }
  });
}

function done(usage: AgentUsage): RepairOutcome {
  const proposal = { rootCause: '', summary: '', risk: '', regressionTest: null };
  return { kind: 'done', proposal, sessionId: null, usage };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) if (await isTrue()) return;
  throw new Error('it never came about');
}
