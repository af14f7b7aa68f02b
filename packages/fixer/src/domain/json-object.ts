// Text that may be a JSON object, such as a package.json of a repository that nobody vouches for.

export type JsonObject = Record<string, unknown>;

/** Null for any other value, and for text that is no JSON. */
export function parseObject(text: string | null): JsonObject | null {
  try {
    return asObject(JSON.parse(text ?? 'null'));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}
