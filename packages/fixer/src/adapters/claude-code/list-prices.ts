// What a model is taken to cost before its run has said so: Anthropic's list prices, rounded up, and a worst case for unknown names.

/** US dollars per million input tokens. */
export const worstInputPrice = 15;

const families: [RegExp, number][] = [
  [/haiku/, 1],
  [/sonnet/, 3],
  [/opus-(?:4-[5-9]|[5-9])/, 5],
];

export function listInputPrice(model: string): number {
  return families.find(([name]) => name.test(model))?.[1] ?? worstInputPrice;
}
