// Decides what a report means for its incident: whether a job is due. Pure.
import type { IncidentReport } from '@levautofix/contract/incident-report';
import type { Incident } from '../domain/incident.js';

export type IncidentMatch =
  /** Nobody works on it and somebody should. `reopenAs` is set when it had come to rest and has to leave that state first. */
  | { kind: 'job_due'; reopenAs: 'open' | 'regressed' | null }
  /** Counted, and that is all: a job works on it, or a fix is on its way. */
  | { kind: 'recurring' }
  /** Counted, but a person said no or not now, or has to act. */
  | { kind: 'held' }
  /** No change to a repository can answer it. */
  | { kind: 'for_person' };

/** What is left of the report that matters here; null when an earlier, interrupted ingestion is being made good. */
export type News = Pick<IncidentReport, 'dropped'> | null;

export function matchIncident(incident: Incident, news: News, now: number): IncidentMatch {
  switch (incident.state) {
    case 'open':
    case 'regressed':
      if (incident.jobId !== null) return { kind: 'recurring' };
      // A probe says that something is down; a flood's digest stands for many errors: neither has a place in the code.
      if (incident.kind === 'probe' || news?.dropped) return { kind: 'for_person' };
      return { kind: 'job_due', reopenAs: null };
    case 'resolved':
      // A host may still run an old build: the stage that follows the fix knows which builds contain it.
      if (incident.fixes.at(-1)?.mergeCommit != null) return { kind: 'recurring' };
      return news ? { kind: 'job_due', reopenAs: 'regressed' } : { kind: 'recurring' };
    case 'snoozed':
      return news && now >= (incident.snoozedUntil ?? Infinity)
        ? { kind: 'job_due', reopenAs: 'open' }
        : { kind: 'held' };
    case 'fix_proposed':
    case 'merged':
    case 'soaking':
      // The fix does not run yet or is being watched: only the stage that follows it can tell a regression from an old build.
      return { kind: 'recurring' };
    case 'skipped':
    case 'needs_person':
      return { kind: 'held' };
  }
}
