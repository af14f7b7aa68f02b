// Turns an agent's answer into what a repair ends as: a proposal, or a refusal with its reason.
import type { RepairAnswer } from '@levautofix/contract/repair-answer';
import type { Proposal } from './change.js';

export type Account = { kind: 'done'; proposal: Proposal } | { kind: 'declined'; reason: string };

/** `words` stand in as the summary when the agent gave no structured answer. */
export function accountOf(answer: RepairAnswer | null, words = ''): Account {
  if (answer?.declined) return { kind: 'declined', reason: answer.declined };
  return {
    kind: 'done',
    proposal: {
      rootCause: answer?.rootCause ?? '',
      summary: answer?.summary ?? words.trim().slice(0, 2_000),
      risk: answer?.risk ?? '',
      regressionTest: answer?.regressionTest ?? null,
    },
  };
}
