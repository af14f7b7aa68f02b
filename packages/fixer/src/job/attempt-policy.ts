// The ladder's rules: which rung is next, whether it continues a session, and when the attempts are used up. Pure.
import type { Attempt, Rung } from '../domain/attempt.js';
import type { Job } from '../domain/job.js';

export interface NextAttempt {
  /** 1-based. */
  number: number;
  rung: Rung;
  /** Session of the attempt before, when it was the same rung's and can be continued. */
  sessionId: string | null;
}

/** Rounds that a person may ask for in words, on top of the ladder. */
export const maxFeedbackRounds = 3;

/** Null when every rung was used. */
export function nextAttempt(job: Pick<Job, 'attempts' | 'feedback'>, ladder: readonly Rung[]): NextAttempt | null {
  const used = job.attempts.length;
  const rung = ladder[used] ?? feedbackRung(job, ladder);
  if (rung === undefined) return null;
  const last = job.attempts.at(-1);
  return { number: used + 1, rung, sessionId: last?.rung === rung ? last.sessionId : null };
}

/** True when no attempt is left after this one. */
export function isExhausted(job: Pick<Job, 'attempts' | 'feedback'>, ended: Attempt, ladder: readonly Rung[]): boolean {
  return nextAttempt({ ...job, attempts: [...job.attempts, ended] }, ladder) === null;
}

function feedbackRung(job: Pick<Job, 'attempts' | 'feedback'>, ladder: readonly Rung[]): Rung | undefined {
  // Each answer in words buys one more attempt by whoever made the change that was answered.
  const passed = job.attempts.filter((attempt) => attempt.outcome === 'passed').length;
  const isOwed = job.attempts.at(-1)?.outcome === 'passed' && job.feedback.length >= passed;
  return isOwed && passed <= maxFeedbackRounds ? (job.attempts.at(-1)?.rung ?? ladder[0]) : undefined;
}
