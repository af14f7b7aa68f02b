// What the watcher tells the fixer: one report for each incident and settle window, sent in batches.
import { z } from 'zod';
import { fingerprintSchema } from './fingerprint.js';
import { severitySchema } from './severity-schema.js';

const shortText = z.string().max(500);
const timeSchema = z.iso.datetime({ offset: true });

/** An error as it was logged: `stack` holds one frame line per entry, outermost cause first. */
export const loggedErrorSchema = z.object({
  type: shortText,
  message: z.string().max(20_000),
  stack: z.array(z.string().max(4_000)).max(500),
});
export type LoggedError = z.infer<typeof loggedErrorSchema>;

export const reportKinds = ['error', 'probe', 'syntax', 'build'] as const;

export const incidentReportSchema = z.object({
  /** Unique per report and stable over retries: the idempotency key. */
  id: z.string().min(1).max(200),
  service: shortText.min(1),
  environment: shortText,
  /** The deployed version or commit; null where the watcher was not told. */
  release: shortText.nullable(),
  host: shortText,
  kind: z.enum(reportKinds),
  fingerprint: fingerprintSchema,
  severity: severitySchema,
  /** Occurrences seen in this settle window alone, never a running total. */
  count: z.number().int().positive(),
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  error: loggedErrorSchema,
  request: z.object({ method: shortText, path: z.string().max(4_000) }).nullable(),
  /** Log lines before the first occurrence, oldest first. */
  context: z.array(z.string().max(4_000)).max(100),
  /** The newest occurrence, where it differs from the first. */
  latest: loggedErrorSchema.nullish(),
  /** Errors that started in the same window and share a cause with this one. */
  followers: z
    .array(z.object({ fingerprint: fingerprintSchema, count: z.number().int().positive(), error: loggedErrorSchema }))
    .max(50)
    .nullish(),
  /** Set on the digest that stands for a flood of errors: how many occurrences were counted but not kept. */
  dropped: z.number().int().nonnegative().nullish(),
});
export type IncidentReport = z.infer<typeof incidentReportSchema>;

export const reportBatchSchema = z.object({ reports: z.array(incidentReportSchema).min(1).max(500) });
export type ReportBatch = z.infer<typeof reportBatchSchema>;

/** Answer to a batch; `rejected` names reports the fixer cannot use (the watcher sets them aside, the rest is accepted). */
export const reportReceiptSchema = z.object({
  accepted: z.number().int().nonnegative(),
  duplicates: z.number().int().nonnegative(),
  rejected: z.array(z.object({ id: z.string(), reason: z.string() })).optional(),
});
export type ReportReceipt = z.infer<typeof reportReceiptSchema>;

/** Answer of `GET /v1/reports?after=CURSOR` (pull mode): `next` is the cursor to ask with next time. */
export const reportPageSchema = z.object({ reports: z.array(incidentReportSchema), next: z.string() });
export type ReportPage = z.infer<typeof reportPageSchema>;
