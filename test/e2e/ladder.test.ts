// The ladder climbed by the real Claude Code and the real Codex: what carries over from attempt to attempt, what it costs, and kills.
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listPrices } from '@levautofix/fixer/adapters/codex/list-prices';
import { openSqliteStore } from '@levautofix/fixer/adapters/sqlite/open-sqlite-store';
import type { LedgerEntry } from '@levautofix/fixer/ports/ledger-store';
import type { JobView } from '@levautofix/contract/job-view';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findAgentProgram } from '../doubles/find-agent-program.js';
import {
  applyPatch,
  startResponsesApi,
  structured,
  type ResponsesApi,
  type ResponsesTurn,
} from '../doubles/responses-api.js';
import { account, approver, goodFix, redFix, regressionTest, Road } from './road.js';
import { until } from './service-process.js';

const [claude, codex] = [findAgentProgram('claude'), findAgentProgram('codex')];

/** US dollars per million tokens of the model that Claude Code is told to use. */
const sonnet = { input: 3, output: 15 };

describe.skipIf(claude === null || codex === null)('the ladder', () => {
  let road: Road;
  let responses: ResponsesApi;
  const open = async (env: Record<string, string> = {}) => {
    road = await Road.prepare({
      claude: claude ?? '',
      env: {
        CLAUDE_MODEL: 'claude-sonnet-4-5',
        REPAIR_LADDER: 'claude-code,claude-code,codex',
        CODEX_COMMAND: codex ?? '',
        OPENAI_API_KEY: 'sk-key-of-the-tests',
        OPENAI_BASE_URL: `${responses.url}/v1`,
        ...env,
      },
    });
  };
  const start = async () => {
    await road.startFixer();
    await road.startWatcher();
  };
  beforeEach(async () => {
    responses = await startResponsesApi();
  });
  afterEach(async () => {
    await road.close();
    await responses.close();
  });

  it('is red, continues its session, is red again, and is green in the hands of another family', async () => {
    await open();
    await start();
    road.model.play(...firstAttempt(), ...secondAttempt());
    responses.play(...thirdAttempt());
    await road.fail();
    const job = await road.jobIn('awaiting_approval', 90_000);

    expect(job).toMatchObject({
      result: 'proven',
      attempts: [
        { rung: 'claude-code', outcome: 'failed' },
        { rung: 'claude-code', outcome: 'failed' },
        { rung: 'codex', outcome: 'passed' },
      ],
    });
    // The session: what the first attempt was told and did, and then why it is not good enough.
    const continued = road.model.requests.filter(({ body }) => JSON.stringify(body.messages).includes('attempt 2'));
    expect(continued.length).toBeGreaterThan(0);
    for (const { body } of continued) {
      const messages = JSON.stringify(body.messages);
      expect(messages.match(/You repair one error/g)).toHaveLength(2);
      expect(messages).toContain('takes a coupon off the items');
      expect(messages.indexOf('if (coupon) return 0;')).toBeLessThan(messages.indexOf('attempt 2'));
    }
    // The other family begins anew, and knows all that failed.
    const told = JSON.stringify(responses.requests[0]?.body.input);
    expect(told).toContain('attempt 1 (claude-code): failed');
    expect(told).toContain('attempt 2 (claude-code): failed');
    expect(told).toContain('takes a coupon off the items');
    expect(told).toContain('// again');
    await expectLedgerToMatch(job);
    await expectOnePullRequest();
  });

  it.each([1, 2, 3])('ends the same when the fixer is killed in the middle of attempt %d', async (killedIn) => {
    await open();
    await start();
    // The model thinks for ever about its second answer: by then something is changed and something is paid.
    const hang = { fault: 'hang' } as const;
    const before = [firstAttempt, secondAttempt].slice(0, killedIn - 1).flatMap((attempt) => attempt());
    const [begun] = killedIn === 3 ? [] : [firstAttempt, secondAttempt][killedIn - 1]!();
    road.model.play(...before, ...(begun ? [begun, hang] : []));
    const [codexBegun] = thirdAttempt();
    if (killedIn === 3 && codexBegun) responses.play(codexBegun, hang);
    await road.fail();
    await until('the agent to be in the middle', () =>
      killedIn === 3 ? responses.requests.length >= 2 : road.model.requests.length >= before.length + 2,
    );
    const isPaid = async () => (await ledger()).reduce((sum, { tokens }) => sum + tokens, 0) === servedTokens();
    await until('the ledger to hold what was served', isPaid, 5_000);
    await road.fixer?.kill();
    await until('nothing of it to run any more', () => processesWith(road.folder).length === 0, 5_000);

    road.model.play(...[firstAttempt, secondAttempt].slice(killedIn - 1).flatMap((attempt) => attempt()));
    responses.play(...thirdAttempt());
    await road.startFixer();
    const job = await road.jobIn('awaiting_approval', 90_000);
    expect(job).toMatchObject({
      result: 'proven',
      attempts: [{ outcome: 'failed' }, { outcome: 'failed' }, { rung: 'codex', outcome: 'passed' }],
    });
    await expectLedgerToMatch(job);
    await expectOnePullRequest();
  });

  it.each(['auto', 'off'])(
    'ends what hangs in time with all that it started, and calls idleness by its name (SANDBOX=%s)',
    async (sandbox) => {
      await open({
        REPAIR_LADDER: 'claude-code,command,command',
        ATTEMPT_TIMEOUT_MS: '2500',
        SANDBOX: sandbox,
      });
      const agent = join(road.folder, 'agent.mjs');
      await writeFile(agent, stubbornAgent);
      await road.startFixer({ REPAIR_COMMAND: `node ${agent}` });
      await road.startWatcher();
      road.model.play(...road.edits([redFix]).slice(0, 1), { fault: 'hang' });
      await road.fail();
      await until('the agent to run', () => road.model.requests.length >= 2 && processesWith(road.folder).length > 0);
      const job = await road.jobIn('exhausted');
      expect(job.attempts).toMatchObject([
        { rung: 'claude-code', outcome: 'timeout' },
        { rung: 'command', outcome: 'timeout' },
        { rung: 'command', outcome: 'no_change' },
      ]);
      expect(job.attempts[0]?.tokens).toBeGreaterThanOrEqual(servedTokens());
      // The deadline, the time to end politely, and what a busy machine adds.
      const history = await road.history(job.id);
      const took = history.flatMap(({ event, at }, index) =>
        event === 'attempt_failed' ? [Date.parse(at) - Date.parse(history[index - 1]?.at ?? '')] : [],
      );
      for (const ms of took) expect(ms).toBeLessThan(10_000);
      expect(processesWith(road.folder)).toEqual([]);
      expect(processesWith(stubbornMark)).toEqual([]);
    },
  );

  it('waits for a usage limit to open and for an overload to pass, and uses up no attempt', async () => {
    await open({ REPAIR_LADDER: 'claude-code' });
    await start();
    const opensAt = Math.ceil(Date.now() / 1_000) + 12;
    // Claude Code tries each a second time by itself.
    const limit = { fault: 429, message: `Claude AI usage limit reached|${opensAt}` } as const;
    road.model.play(limit, limit);
    await road.fail();
    const parked = await until('the job to be put off', async () => {
      const [job] = await road.jobs();
      return job?.reason?.includes('usage limit') ? job : null;
    });
    expect(parked).toMatchObject({ state: 'repairing', attempts: [] });
    expect(Date.now()).toBeLessThan(opensAt * 1_000);
    const asked = road.model.requests.length;
    await until('the limit to open', () => Date.now() >= opensAt * 1_000 - 100);
    expect(road.model.requests).toHaveLength(asked);
    road.model.play({ fault: 529 }, { fault: 529 }, ...road.edits([goodFix]));
    const job = await road.jobIn('awaiting_approval');
    expect(job.attempts).toMatchObject([{ number: 1, outcome: 'passed' }]);
    expect((await road.history(job.id)).filter(({ event }) => event === 'deferred')).toHaveLength(2);
    expect(job.attempts[0]?.tokens).toBe(servedTokens());
  });

  const firstAttempt = () => road.edits([redFix]);
  const secondAttempt = () =>
    road.edits([{ path: redFix.path, from: 'if (coupon) return 0;', to: 'if (coupon) return 0; // again' }]);
  const thirdAttempt = (): ResponsesTurn[] => [
    { output: [applyPatch(addFile(regressionTest.path, regressionTest.to))] },
    { output: [applyPatch(goodPatch)] },
    structured({ ...account, regressionTest: regressionTest.path }),
  ];

  async function ledger(jobId?: string): Promise<LedgerEntry[]> {
    const store = await openSqliteStore({ folder: join(road.folder, 'fixer'), isShared: true });
    try {
      return await store.ledger.entries(jobId ?? (await store.jobs.list({ limit: 1 })).items[0]?.id ?? '');
    } finally {
      await store.close();
    }
  }

  function servedTokens(): number {
    const ofClaude = road.model.served.map((usage) => usage.input_tokens + usage.output_tokens);
    const ofCodex = responses.served.map((usage) => usage.input_tokens + usage.output_tokens);
    return [...ofClaude, ...ofCodex].reduce((sum, tokens) => sum + tokens, 0);
  }

  /** What the doubles served is what the ledger holds and what a person is shown. */
  async function expectLedgerToMatch(job: JobView): Promise<void> {
    // Codex does not say what it costs: a model that the price list does not know counts at the worst price.
    const gpt = listPrices(responses.requests[0]?.body.model ?? null);
    const cost = ({ input, output }: typeof sonnet, served: { input_tokens: number; output_tokens: number }[]) =>
      served.reduce((sum, one) => sum + (one.input_tokens * input + one.output_tokens * output) / 1e6, 0);
    const usd = cost(sonnet, [...road.model.served]) + cost(gpt, [...responses.served]);
    const spent = (await ledger(job.id)).filter(({ kind }) => kind !== 'reserved');
    expect(spent.reduce((sum, entry) => sum + entry.tokens, 0)).toBe(servedTokens());
    expect(spent.reduce((sum, entry) => sum + entry.usd, 0)).toBeCloseTo(usd, 6);
    expect(job.attempts.reduce((sum, attempt) => sum + (attempt.usd ?? NaN), 0)).toBeCloseTo(usd, 6);
    expect(job.attempts.reduce((sum, attempt) => sum + (attempt.tokens ?? NaN), 0)).toBe(servedTokens());
  }

  async function expectOnePullRequest(): Promise<void> {
    const { bot, github } = road;
    const card = await bot.waitForMessage('TypeError', 60_000);
    await bot.press(card.message_id, '✅ Approve Fix', approver);
    const { branch } = await road.jobIn('published');
    expect(github.pulls).toHaveLength(1);
    expect(github.pulls[0]?.body).toMatch(/3 attempts \(claude-code, claude-code, codex\), \$0\.\d\d, [\d,]+ tokens/);
    await until('worktrees and scratch space to be gone', async () => (await road.leftovers()).length === 0);
    const branches = road.git('for-each-ref', '--format=%(refname)', 'refs/heads').split('\n');
    expect(branches.filter((ref) => ref !== 'refs/heads/main' && ref !== `refs/heads/${branch}`)).toEqual([]);
    expect(Object.keys(road.remoteBranches()).sort()).toEqual([branch, 'main'].sort());
  }
});

const stubbornMark = `${process.pid}.9000`;
/** Hangs without a word the first time, as does what it starts, deaf to polite signals; does nothing at all the second time. */
const stubbornAgent = `import { spawn } from 'node:child_process';
if (process.env.LEVAUTOFIX_ATTEMPT !== '2') process.exit(0);
process.on('SIGTERM', () => {});
spawn('sh', ['-c', 'trap "" TERM HUP; while :; do sleep ${stubbornMark}; done'], { stdio: 'ignore' });
spawn('sleep', ['${stubbornMark}'], { stdio: 'ignore', detached: true }).unref();
setInterval(() => {}, 1_000);
`;

const goodPatch = `*** Begin Patch
*** Update File: src/orders.js
@@
   const coupon = findCoupon(code);
+  if (!coupon) return 0;
*** End Patch`;

function addFile(path: string, text: string): string {
  const lines = text.trimEnd().split('\n');
  return `*** Begin Patch\n*** Add File: ${path}\n${lines.map((line) => `+${line}`).join('\n')}\n*** End Patch`;
}

/** Command lines of running processes that hold `text`. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return words.includes(text) ? [words] : [];
      } catch {
        return [];
      }
    });
}
