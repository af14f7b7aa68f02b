// What a button carries: the answer as one letter and the question's one-time id; everything else is looked up in the store.
import type { DecisionInput } from '../../ports/approval-channel.js';

type ButtonAnswer = Exclude<DecisionInput['answer'], 'feedback'>;

/** At most 64 bytes, the Bot API's limit: two for the letter and 22 for 128 bits in base64url. */
export function encodeCallbackData(answer: ButtonAnswer, nonce: string): string {
  return `${answer === 'approve' ? 'a' : 's'}:${nonce}`;
}

/** Null for anything a button of ours cannot carry. */
export function decodeCallbackData(data: string): { answer: ButtonAnswer; nonce: string } | null {
  const [, letter, nonce = ''] = /^([as]):([\w-]{22})$/.exec(data) ?? [];
  return letter === undefined ? null : { answer: letter === 'a' ? 'approve' : 'skip', nonce };
}
