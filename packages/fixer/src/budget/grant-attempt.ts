// How much one attempt may cost, given what was spent before. Pure.
import type { Rung } from '../domain/attempt.js';

/** US dollars. A zero lets only rungs work that cost nothing. */
export interface BudgetLimits {
  perAttemptUsd: number;
  perJobUsd: number;
  /** Of any 24 hours. */
  perDayUsd: number;
}

export type Grant =
  | {
      kind: 'granted';
      /** Set aside for the attempt, and what it counts as when it does not say what it cost. */
      usd: number;
      /** What the agent is told, null for no limit: it looks at its limit between two answers, so the last one goes beyond. */
      maxUsd: number | null;
    }
  | { kind: 'job_spent' }
  | { kind: 'day_spent' };

/** They run on this machine. */
const freeRungs: readonly Rung[] = ['ollama'];
const answerUsd = 0.5;

export function grantAttempt(rung: Rung, limits: BudgetLimits, spent: { jobUsd: number; dayUsd: number }): Grant {
  if (freeRungs.includes(rung)) return { kind: 'granted', usd: 0, maxUsd: null };
  const least = leastUsd(limits);
  const ofJob = limits.perJobUsd - spent.jobUsd;
  const ofDay = limits.perDayUsd - spent.dayUsd;
  if (least === 0 || ofJob < least) return { kind: 'job_spent' };
  if (ofDay < least) return { kind: 'day_spent' };
  // Down to a hundredth of a cent, so that adding up again never passes a cap by a rounding error.
  const usd = Math.floor(Math.min(limits.perAttemptUsd, ofJob, ofDay) * 10_000) / 10_000;
  return { kind: 'granted', usd, maxUsd: usd - Math.min(answerUsd, usd / 4) };
}

/** With less than a quarter of what it could have, an attempt would be cut short and wasted. */
export function leastUsd({ perAttemptUsd, perJobUsd, perDayUsd }: BudgetLimits): number {
  return Math.min(perAttemptUsd, perJobUsd, perDayUsd) / 4;
}

/** Whether the price of a run is known: a model that was asked used tokens, so none at all means that they were not counted. */
export function isPriced(rung: Rung, usage: { usd: number | null; tokens: number }): boolean {
  if (freeRungs.includes(rung)) return true;
  return usage.usd !== null && (rung === 'command' || usage.usd > 0 || usage.tokens > 0);
}
