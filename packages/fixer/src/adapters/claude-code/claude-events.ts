// The events Claude Code prints, one JSON per line. Unknown types, fields and lines are ignored: the format grows with each release.
import { z } from 'zod';

const count = z.number().nonnegative().catch(0).default(0);

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
export type ClaudeUsage = z.infer<typeof usageSchema>;

const messageSchema = z.object({
  id: z.string(),
  model: z.string().catch('unknown'),
  usage: usageSchema.optional(),
  content: z.array(z.looseObject({ type: z.string() })).catch([]),
});

const initEvent = z.object({ type: z.literal('system'), subtype: z.literal('init'), session_id: z.string() });
const assistantEvent = z.object({ type: z.literal('assistant'), message: messageSchema });
const startEvent = z.object({
  type: z.literal('stream_event'),
  event: z.object({ type: z.literal('message_start'), message: messageSchema }),
});
const deltaEvent = z.object({
  type: z.literal('stream_event'),
  event: z.object({ type: z.literal('message_delta'), usage: usageSchema.partial() }),
});
/** Sent to people with a plan: when the limit that refused a request opens again, in seconds since the epoch. */
const limitEvent = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.string().optional(), resetsAt: z.number().optional() }),
});
const resultEvent = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  session_id: z.string().optional(),
  result: z.string().catch('').default(''),
  errors: z.array(z.string()).catch([]).default([]),
  api_error_status: z.number().nullish().catch(null),
  terminal_reason: z.string().nullish().catch(null),
  /** Cumulative over the runs of a session. */
  total_cost_usd: z.number().nonnegative().catch(0).default(0),
  /** Of this run alone. */
  usage: usageSchema.optional().catch(undefined),
  modelUsage: z
    .record(
      z.string(),
      z.object({
        inputTokens: count,
        outputTokens: count,
        cacheReadInputTokens: count,
        cacheCreationInputTokens: count,
        costUSD: count,
      }),
    )
    .catch({})
    .default({}),
  structured_output: z.unknown().optional(),
});
export type ClaudeResult = z.infer<typeof resultEvent>;

const eventSchema = z.union([resultEvent, assistantEvent, startEvent, deltaEvent, limitEvent, initEvent]);
export type ClaudeEvent = z.infer<typeof eventSchema>;

/** Null for a line that is no event known here. */
export function parseClaudeEvent(line: string): ClaudeEvent | null {
  if (!line.startsWith('{')) return null;
  try {
    const parsed = eventSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
