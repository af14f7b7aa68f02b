// What a coding agent says of its own work. The diff is what counts; every field here is untrusted text.
import { z } from 'zod';

const longText = z.string().transform((text) => text.slice(0, 8_000));
const optionalText = longText.nullish().transform((text) => (text?.trim() ? text.trim() : null));

/** Also the last line that a `REPAIR_COMMAND` may print. `declined` is the reason for changing nothing. */
export const repairAnswerSchema = z.object({
  rootCause: longText.default(''),
  summary: longText.default(''),
  risk: longText.default(''),
  /** Path of the regression test, relative to the worktree. */
  regressionTest: optionalText,
  declined: optionalText,
  /** US dollars and tokens of the run, where the agent knows them. */
  usage: z
    .object({ usd: z.number().nonnegative().nullish(), tokens: z.number().int().nonnegative().nullish() })
    .nullish(),
});
export type RepairAnswer = z.infer<typeof repairAnswerSchema>;

/** The same for agents that are held to a JSON Schema: strict, every key required, absent values are null. */
export const repairAnswerJsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rootCause', 'summary', 'risk', 'regressionTest', 'declined'],
  properties: {
    rootCause: { type: 'string', description: 'Why the error happens, in one to three sentences.' },
    summary: { type: 'string', description: 'What was changed and why that removes the cause.' },
    risk: { type: 'string', description: 'What could go wrong with this change, and who would notice.' },
    regressionTest: {
      type: ['string', 'null'],
      description: 'Path, relative to the repository root, of the test that fails without the change; null if none.',
    },
    declined: {
      type: ['string', 'null'],
      description: 'Reason for changing nothing, when no change to this repository is right; else null.',
    },
  },
} as const;

/** Null when the value is no answer at all. */
export function readRepairAnswer(value: unknown): RepairAnswer | null {
  const parsed = repairAnswerSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** The last JSON object of a text, such as the closing words of an agent; null where there is none. */
export function findRepairAnswer(text: string): RepairAnswer | null {
  const lines = text.trimEnd().split('\n');
  const last = lines.at(-1)?.trim() ?? '';
  for (const candidate of [last, lastFencedBlock(text)]) {
    if (!candidate?.startsWith('{')) continue;
    try {
      return readRepairAnswer(JSON.parse(candidate));
    } catch {
      // Not JSON: an agent may end with any words.
    }
  }
  return null;
}

function lastFencedBlock(text: string): string | undefined {
  return [...text.matchAll(/```(?:json)?\s*\n([\s\S]*?)\n```/g)].at(-1)?.[1]?.trim();
}
