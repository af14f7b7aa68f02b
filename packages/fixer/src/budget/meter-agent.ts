// Puts an agent under the caps: money is set aside before it starts, counted while it runs, and settled when it ends.
import { Fault } from '@levautofix/service-kit/fault';
import type { CodingAgent, RepairOutcome } from '../ports/coding-agent.js';
import type { LedgerEntry, LedgerStore } from '../ports/ledger-store.js';
import { grantAttempt, isPriced, leastUsd, type BudgetLimits } from './grant-attempt.js';
import { Meter, roundUsd } from './meter.js';
import { settleOrphans } from './settle-orphans.js';

export interface Budget {
  limits: BudgetLimits;
  ledger: LedgerStore;
}

export const dayMs = 24 * 60 * 60_000;
const maxTries = 100;

/**
 * `fence` is the number of the claim: each run of an attempt has its own account. Rejects with a Fault before the agent is started when
 * no money is left: a retryable one for the day, a final one for the job.
 */
export function meterAgent(agent: CodingAgent, fence: number, budget: Budget, now: () => number): CodingAgent {
  return {
    rung: agent.rung,
    checkAvailable: () => agent.checkAvailable(),
    async repair(request, signal) {
      const account = { jobId: request.jobId, attempt: request.attempt, rung: agent.rung, fence };
      await settleOrphans(request.jobId, budget.ledger, now());
      const { hold, maxUsd } = await reserve(account, budget, now);
      const meter = new Meter(budget.ledger, hold, now);
      const onUsage: typeof request.onUsage = (usage) => {
        meter.see(usage);
        request.onUsage?.(usage);
      };
      let outcome: RepairOutcome;
      try {
        outcome = await agent.repair({ ...request, maxUsd, onUsage }, signal);
      } catch (error) {
        // A usage limit or an overload costs what was used until then. Of an agent that was stopped in the dark the worst is assumed.
        const isCounted = (error instanceof Fault && !signal.aborted) || isPriced(agent.rung, meter.seen);
        const { usd, tokens } = meter.seen;
        await meter.settle({ usd: isCounted ? (usd ?? 0) : hold.usd, tokens }).catch(() => {});
        throw error;
      }
      const { usage } = outcome;
      await meter.settle({
        usd: isPriced(agent.rung, usage) ? (usage.usd ?? 0) : Math.max(hold.usd, meter.seen.usd ?? 0),
        tokens: Math.max(usage.tokens, meter.seen.tokens),
      });
      const cost = await costOf(account, budget.ledger);
      return { ...outcome, usage: { usd: usage.usd === null ? null : cost.usd, tokens: cost.tokens } };
    },
  };
}

/** Of all runs of the attempt: also those that were killed or turned away before this one. */
async function costOf(
  { jobId, attempt }: Pick<LedgerEntry, 'jobId' | 'attempt'>,
  ledger: Pick<LedgerStore, 'entries'>,
): Promise<{ usd: number; tokens: number }> {
  const entries = (await ledger.entries(jobId)).filter((entry) => entry.attempt === attempt);
  const spent = entries.filter(({ kind }) => kind !== 'reserved');
  return {
    usd: roundUsd(spent.reduce((sum, { usd }) => sum + usd, 0)),
    tokens: spent.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

async function reserve(
  { fence, ...account }: Pick<LedgerEntry, 'jobId' | 'attempt'> & { rung: CodingAgent['rung']; fence: number },
  { limits, ledger }: Budget,
  now: () => number,
): Promise<{ hold: LedgerEntry; maxUsd: number | null }> {
  for (let tries = 0; tries < maxTries; tries++) {
    const at = now();
    const since = at - dayMs;
    const ofJob = await ledger.total({ since: 0, jobId: account.jobId });
    const ofDay = await ledger.total({ since });
    const grant = grantAttempt(account.rung, limits, { jobUsd: ofJob.usd, dayUsd: ofDay.usd });
    if (grant.kind === 'job_spent') throw jobSpent(ofJob.usd, limits);
    if (grant.kind === 'day_spent') throw await daySpent(ofDay, limits, ledger, at);
    const id = `${account.jobId}/${account.attempt}/${fence}`;
    const hold: LedgerEntry = { id, ...account, at, usd: grant.usd, tokens: 0, kind: 'reserved', settles: null };
    // What costs nothing needs no room under the cap, which others may have filled to the brim.
    const capUsd = grant.usd === 0 ? Infinity : limits.perDayUsd;
    if (await ledger.reserve(hold, { since, capUsd })) return { hold, maxUsd: grant.maxUsd };
  }
  throw new Fault({
    code: 'budget_contended',
    message: 'Too many attempts set money aside at once.',
    remedy: 'It is tried again by itself.',
    isRetryable: true,
  });
}

function jobSpent(usd: number, limits: BudgetLimits): Fault {
  const isOff = leastUsd(limits) === 0;
  return new Fault({
    code: 'job_budget_spent',
    message: isOff
      ? 'No money may be spent: MAX_USD_PER_ATTEMPT, MAX_USD_PER_JOB or MAX_USD_PER_DAY is 0.'
      : `This job has cost ${dollars(usd)} of the ${dollars(limits.perJobUsd)} that MAX_USD_PER_JOB allows, and too little is left for another attempt.`,
    remedy: isOff
      ? 'Raise it, or put only ollama on REPAIR_LADDER.'
      : 'Look at the attempts and repair it by hand, or raise MAX_USD_PER_JOB and start a new job.',
  });
}

async function daySpent(
  { usd, heldUsd }: { usd: number; heldUsd: number },
  limits: BudgetLimits,
  ledger: Pick<LedgerStore, 'total'>,
  now: number,
): Promise<Fault> {
  const isHeldOnly = limits.perDayUsd - (usd - heldUsd) >= leastUsd(limits);
  const retryAt = isHeldOnly ? now + 60_000 : await freeAt(limits, ledger, now);
  const spent = `${dollars(usd - heldUsd)} were spent in the last 24 hours`;
  const held = heldUsd > 0 ? ` and ${dollars(heldUsd)} are set aside for attempts that run` : '';
  return new Fault({
    code: 'day_budget_spent',
    message: `The next attempt waits until ${timeOf(retryAt)}: ${spent}${held}, and MAX_USD_PER_DAY allows ${dollars(limits.perDayUsd)}.`,
    remedy: 'Raise MAX_USD_PER_DAY and restart the fixer to go on sooner.',
    isRetryable: true,
    retryAt,
  });
}

/** When enough of the last 24 hours will have passed out of the window, to the minute. */
async function freeAt(limits: BudgetLimits, ledger: Pick<LedgerStore, 'total'>, now: number): Promise<number> {
  let [spentSince, freeSince] = [now - dayMs, now + 1];
  while (freeSince - spentSince > 60_000) {
    const since = Math.round((spentSince + freeSince) / 2);
    const { usd } = await ledger.total({ since });
    if (limits.perDayUsd - usd >= leastUsd(limits)) freeSince = since;
    else spentSince = since;
  }
  return freeSince + dayMs;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}

/** The same in every time zone. */
function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
