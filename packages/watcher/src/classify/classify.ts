// Decides the severity of a settled incident. Rules and counts can only raise it; nothing that a log says can lower it.
import { moreSevere, type Severity } from '@levautofix/contract/severity';
import type { ClassifiedIncident, SettledIncident } from '../domain/incident.js';
import type { Occurrence } from '../domain/occurrence.js';
import type { SeverityRule, SeverityTable } from './severity-table.js';

/** `totalCount` includes what earlier windows held back because it was below the minimum severity. */
export function classify(
  incident: SettledIncident,
  table: SeverityTable,
  totalCount = incident.count,
): ClassifiedIncident {
  const threshold = table.thresholds.find(({ minCount }) => totalCount >= minCount);
  let severity: Severity = threshold?.severity ?? 'low';
  let rule = `at least ${threshold?.minCount ?? 1}`;
  for (const candidate of matchingRules(incident.first, table)) {
    if (moreSevere(severity, candidate.severity) === severity) continue;
    severity = candidate.severity;
    rule = candidate.name;
  }
  return { ...incident, severity, rule };
}

export function isInfrastructure(occurrence: Occurrence, table: SeverityTable): boolean {
  return matchingRules(occurrence, table).some((rule) => rule.isInfrastructure);
}

function matchingRules({ error }: Occurrence, { rules }: SeverityTable): SeverityRule[] {
  const causes = error.stack.filter((line) => /^\s*(?:\[cause\]|Caused by)/i.test(line)).slice(0, 10);
  const text = [`${error.type}: ${error.message}`, ...causes].join('\n').slice(0, 4_000);
  return rules.filter(({ pattern }) => pattern.test(text));
}
