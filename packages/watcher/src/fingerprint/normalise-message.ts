// Takes out of a message what differs between two occurrences of the same error.
import { boundedMemo } from './bounded-memo.js';
import { earlyRules, lateRules, type Rule } from './message-rules.js';
import { shapeOf } from './message-shape.js';
import { showDigits } from './message-values.js';

/** Told of each part that is dropped, for `explain`. */
export type OnDropped = (dropped: { text: string; as: string; rule: string }) => void;

const rules: readonly Rule[] = [...earlyRules, ...lateRules];

/** Beyond this a message is data, not text. */
const maxLength = 2000;

/** The text, told part by part what is dropped from it. */
export function explainMessage(message: string, onDropped: OnDropped): string {
  return tidy(apply(rules, cut(message), onDropped));
}

/** A function of its own memory: messages of one shape are normalised once. Its answer is the one that `explainMessage` gives. */
export function createNormaliser<T extends object>(describe: (normalised: string) => T): (message: string) => T {
  const byShape = boundedMemo((shape) => describe(tidy(apply(lateRules, shape))));
  return (message) => byShape(shapeOf(apply(earlyRules, cut(message))));
}

function cut(message: string): string {
  return message.length > maxLength ? message.slice(0, maxLength) : message;
}

function apply(some: readonly Rule[], message: string, onDropped?: OnDropped): string {
  let text = message;
  for (const { name, guard, pattern, replace } of some) {
    if (!isHeld(guard, text)) continue;
    const replacer = (match: string, ...groups: string[]): string => {
      const result = typeof replace === 'string' ? replace.replace('$1', groups[0] ?? '') : replace(match, ...groups);
      if (result !== match && onDropped && name !== 'status') onDropped({ text: match, as: result, rule: name });
      return result;
    };
    text = text.replace(pattern, replacer);
  }
  return text;
}

function isHeld(guard: Rule['guard'], text: string): boolean {
  if (typeof guard === 'string') return text.includes(guard);
  return typeof guard === 'function' ? guard(text) : guard.test(text);
}

function tidy(message: string): string {
  let text = message;
  if (text.indexOf('<') !== text.lastIndexOf('<')) text = joinLists(text);
  if (hasHidden.test(text)) text = showDigits(text);
  return hasWideSpace.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
}

const hasHidden = /[\ue000-\ue009]/;
const hasWideSpace = /\s\s|[\t\n\r]|^ | $/;

/** A list of values is as long as the case at hand: one value stands for all. */
function joinLists(text: string): string {
  const words = text.split(' ');
  const kept = words.filter(
    (word, index) => !word.includes('<') || word.replace(/,$/, '') !== words[index - 1]?.replace(/,$/, ''),
  );
  return kept.length === words.length ? text : kept.join(' ');
}
