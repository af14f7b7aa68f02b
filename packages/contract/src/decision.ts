// A person's answer to an approval question; it names the exact change it is about.
import { z } from 'zod';

export const decisionSchema = z.strictObject({
  decision: z.enum(['approve', 'skip']),
  commit: z.string(),
  diffHash: z.string(),
});
export type Decision = z.infer<typeof decisionSchema>;
