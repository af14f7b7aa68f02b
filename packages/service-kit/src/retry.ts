// Waiting times between retries: exponential backoff with full jitter and a cap.

export interface BackoffOptions {
  baseMs: number;
  capMs: number;
  /** Random number in [0, 1). */
  random: () => number;
}

/**
 * Delay before retry number `attempt` (1-based) in milliseconds: uniform between half and all of `base * 2^(attempt-1)`, capped.
 */
export function backoffMs(attempt: number, { baseMs, capMs, random }: BackoffOptions): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
