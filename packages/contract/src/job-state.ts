// The names of a job's states and results; what moves a job between them is the fixer's state table.
import { z } from 'zod';

/** Working states say what is due next. */
export const workingStates = [
  'queued',
  'awaiting_start',
  'preparing',
  'repairing',
  'verifying',
  'awaiting_approval',
  'publishing',
] as const;

export const terminalStates = [
  'published',
  'declined',
  'rejected',
  'expired',
  'exhausted',
  'failed',
  'cancelled',
  'superseded',
] as const;

export const jobStates = [...workingStates, ...terminalStates] as const;
export type WorkingState = (typeof workingStates)[number];
export type TerminalState = (typeof terminalStates)[number];
export type JobState = WorkingState | TerminalState;
export const jobStateSchema = z.enum(jobStates);

export function isTerminal(state: JobState): state is TerminalState {
  return (terminalStates as readonly string[]).includes(state);
}

/** How much was shown: a test that failed before and passes now, checks only, a reasoned no, or no reproduction. */
export const jobResults = ['proven', 'verified', 'declined', 'unreproducible'] as const;
export type JobResult = (typeof jobResults)[number];
export const jobResultSchema = z.enum(jobResults);

export const incidentStates = [
  'open',
  'fix_proposed',
  'merged',
  'soaking',
  'resolved',
  'regressed',
  'skipped',
  'snoozed',
  'needs_person',
] as const;
export type IncidentState = (typeof incidentStates)[number];
export const incidentStateSchema = z.enum(incidentStates);
