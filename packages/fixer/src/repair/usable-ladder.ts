// The rungs that can be used at this moment: one that is not installed or not logged in is skipped with a word.
import { describeError, Fault } from '@levautofix/service-kit/fault';
import type { Rung } from '../domain/attempt.js';
import type { CodingAgent } from '../ports/coding-agent.js';

export interface UsableLadder {
  rungs: Rung[];
  /** Which rungs were left out and why; null when none was. */
  note: string | null;
}

/** Rungs that turned out to be unusable while at work, and until when (milliseconds since the epoch) they are left alone. */
export type BarredRungs = Map<Rung, { reason: string; until: number }>;

const barMs = 10 * 60_000;
const obstacleCodes = ['agent_unauthorized', 'agent_missing', 'agent_no_credit', 'agent_model_missing'];

/**
 * For what an agent rejected with: a fault that only another rung can mend bars this one and becomes a deferral, so that the step
 * runs again without it. Anything else is answered as it is.
 */
export function barRung(barred: BarredRungs, rung: Rung, error: unknown, now: number): unknown {
  if (!(error instanceof Fault) || !obstacleCodes.includes(error.code)) return error;
  barred.set(rung, { reason: describeError(error), until: now + barMs });
  return new Fault({
    code: 'rung_barred',
    message: `${rung} cannot be used: ${error.message}`,
    remedy: error.remedy,
    isRetryable: true,
    retryAt: now,
    cause: error,
  });
}

/** Faults when no rung can be used: a job must not run out of attempts that were never made. */
export async function usableLadder(
  ladder: readonly Rung[],
  agents: ReadonlyMap<Rung, Pick<CodingAgent, 'checkAvailable'>>,
  barred: BarredRungs,
  now: number,
): Promise<UsableLadder> {
  const obstacles = new Map<Rung, string>();
  for (const rung of new Set(ladder)) {
    const bar = barred.get(rung);
    if (bar && bar.until > now) {
      obstacles.set(rung, bar.reason);
      continue;
    }
    const obstacle = (await agents.get(rung)?.checkAvailable()) ?? (agents.has(rung) ? null : 'It is not built in.');
    if (obstacle !== null) obstacles.set(rung, obstacle);
  }
  const rungs = ladder.filter((rung) => !obstacles.has(rung));
  const list = [...obstacles].map(([rung, obstacle]) => `${rung} is skipped: ${obstacle}`).join(' ');
  if (rungs.length === 0) {
    throw new Fault({
      code: 'no_agent',
      message: `No coding agent of the ladder can be used. ${list}`,
      remedy: 'Make one of them ready or change REPAIR_LADDER; `fixer doctor` checks each.',
    });
  }
  return { rungs, note: list || null };
}
