// What must never cross a wire, a log or a page: secret values become [redacted:kind].

export function redactSecrets(text: string, exactValues: readonly string[] = []): string {
  let result = text;
  for (const value of exactValues) if (value.length >= 6) result = result.replaceAll(value, '[redacted:known]');
  return result;
}
