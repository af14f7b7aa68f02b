// What the fixer shows of a job and of an incident, the same on every surface.
import { z } from 'zod';
import { fingerprintSchema } from './fingerprint.js';
import { loggedErrorSchema } from './incident-report.js';
import { incidentStateSchema, jobResultSchema, jobStateSchema } from './job-state.js';
import { severitySchema } from './severity-schema.js';

export const checkStatuses = ['passed', 'failed', 'timeout', 'skipped'] as const;
export const checkViewSchema = z.object({
  name: z.string(),
  status: z.enum(checkStatuses),
  durationMs: z.number().nonnegative(),
});
export type CheckView = z.infer<typeof checkViewSchema>;

export const attemptOutcomes = ['passed', 'failed', 'no_change', 'timeout', 'declined', 'refused'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];
export const attemptViewSchema = z.object({
  number: z.number().int().positive(),
  rung: z.string(),
  outcome: z.enum(attemptOutcomes),
  /** US dollars; null when the rung does not say. */
  usd: z.number().nonnegative().nullable(),
  tokens: z.number().int().nonnegative().nullable(),
  checks: z.array(checkViewSchema),
});
export type AttemptView = z.infer<typeof attemptViewSchema>;

/** Something in the diff that a person should look at before approving. */
export const flagSchema = z.object({
  kind: z.string(),
  file: z.string(),
  line: z.number().int().positive().nullable(),
  note: z.string(),
});
export type Flag = z.infer<typeof flagSchema>;

export const pullRequestViewSchema = z.object({ number: z.number().int().nonnegative(), url: z.string() });
export type PullRequestView = z.infer<typeof pullRequestViewSchema>;

export const jobViewSchema = z.object({
  id: z.string(),
  fingerprint: fingerprintSchema,
  service: z.string(),
  severity: severitySchema,
  state: jobStateSchema,
  result: jobResultSchema.nullable(),
  /** Why the job ended or waits, in words; null while nothing needs explaining. */
  reason: z.string().nullable(),
  flags: z.array(flagSchema),
  branch: z.string(),
  baseCommit: z.string().nullable(),
  commit: z.string().nullable(),
  /** `sha256:` and 64 hexadecimal digits over the diff that was verified. */
  diffHash: z.string().nullable(),
  attempts: z.array(attemptViewSchema),
  pullRequest: pullRequestViewSchema.nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type JobView = z.infer<typeof jobViewSchema>;

export const incidentViewSchema = z.object({
  id: z.string(),
  fingerprint: fingerprintSchema,
  service: z.string(),
  severity: severitySchema,
  state: incidentStateSchema,
  /** Why it is in that state, in words, where the state does not say it all. */
  reason: z.string().nullish(),
  count: z.number().int().nonnegative(),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  error: loggedErrorSchema,
  jobId: z.string().nullable(),
});
export type IncidentView = z.infer<typeof incidentViewSchema>;

/** A page of a list; `next` is the value for `after`, null on the last page. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}
