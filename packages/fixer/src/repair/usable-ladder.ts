// The rungs that can be used at this moment: one that is not installed or not logged in is skipped with a word.
import { Fault } from '@levautofix/service-kit/fault';
import type { Rung } from '../domain/attempt.js';
import type { CodingAgent } from '../ports/coding-agent.js';

export interface UsableLadder {
  rungs: Rung[];
  /** Which rungs were left out and why; null when none was. */
  note: string | null;
}

/** Faults when no rung can be used: a job must not run out of attempts that were never made. */
export async function usableLadder(
  ladder: readonly Rung[],
  agents: ReadonlyMap<Rung, Pick<CodingAgent, 'checkAvailable'>>,
): Promise<UsableLadder> {
  const obstacles = new Map<Rung, string>();
  for (const rung of new Set(ladder)) {
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
