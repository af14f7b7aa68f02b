// What a model is taken to cost, as Codex never says so: OpenAI's list prices, rounded up, and a worst case for unknown names.

/** US dollars per million tokens. */
export interface TokenPrices {
  input: number;
  cachedInput: number;
  output: number;
}

export const worstPrices: TokenPrices = { input: 15, cachedInput: 15, output: 120 };

export function listPrices(model: string | null): TokenPrices {
  if (model === null || /pro\b/.test(model)) return worstPrices;
  return /^gpt-5|codex/.test(model) ? { input: 2.5, cachedInput: 0.25, output: 20 } : worstPrices;
}
