// What the pipeline must not lose over a restart, and how it is recognised when it is read again.
import { incidentReportSchema, type IncidentReport } from '@levautofix/contract/incident-report';
import { z } from 'zod';
import type { Withheld } from './classify/withheld-counts.js';
import type { SettleState } from './settle/settle-window.js';

export interface PipelineState {
  version: 1;
  settle: SettleState;
  withheld: Withheld[];
  outbox: IncidentReport[];
}

// The snapshot carries a checksum, so only a state of another version can differ: a look at its frame is enough.
const frame = z.object({
  version: z.literal(1),
  settle: z.object({
    groups: z.array(z.looseObject({ fingerprint: z.string(), count: z.number(), dueAt: z.number() })),
    digest: z.looseObject({ count: z.number() }).nullable(),
    settled: z.array(z.looseObject({ fingerprint: z.string() })),
    earlyUntil: z.array(z.tuple([z.string(), z.number()])),
    now: z.number().nullable(),
  }),
  withheld: z.array(z.looseObject({ fingerprint: z.string(), count: z.number() })),
  outbox: z.array(incidentReportSchema),
});

/** Null for a state that this version does not know. */
export function parsePipelineState(value: unknown): PipelineState | null {
  const parsed = frame.safeParse(value);
  return parsed.success ? (parsed.data as unknown as PipelineState) : null;
}
