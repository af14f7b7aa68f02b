// Severity of an incident and its order; the watcher decides it, the fixer trusts it.

/** From least to most severe. */
export const severities = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export function isAtLeast(severity: Severity, minimum: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(minimum);
}

export function moreSevere(a: Severity, b: Severity): Severity {
  return isAtLeast(a, b) ? a : b;
}
