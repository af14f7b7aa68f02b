// How long a deployed fix is watched before silence counts: derived from how often the error came before. Pure.
import type { Incident } from '../domain/incident.js';

const minuteMs = 60_000;
export const minSoakMs = 30 * minuteMs;
export const maxSoakMs = 7 * 24 * 60 * minuteMs;
/** An error that comes at random with a given mean stays away this many means long in fewer than 1 of 100 cases (e^-5). */
const meanIntervals = 5;

/**
 * Five times the mean interval between occurrences from the first one to the deploy, at least 30 minutes, at most 7 days. Silence
 * before the deploy counts as well: an error that came in one burst two days ago is not a frequent one.
 */
export function soakWindowMs(
  { count, firstSeenAt }: Pick<Incident, 'count' | 'firstSeenAt'>,
  deployedAt: number,
): number {
  const meanMs = Math.max(0, deployedAt - firstSeenAt) / Math.max(1, count);
  return Math.min(maxSoakMs, Math.max(minSoakMs, Math.round(meanIntervals * meanMs)));
}
