// The severity table as data: what is critical at once, and from how many occurrences on an error is high or medium.
import type { Severity } from '@levautofix/contract/severity';

/** Anything that tells whether a text matches in linear time, or a RegExp known to do so. */
export interface TextPattern {
  test(text: string): boolean;
}

export interface SeverityRule {
  name: string;
  severity: Severity;
  /** Matched against `type: message` and the causes, never against what surrounds the error. */
  pattern: TextPattern;
  /** True where the error means that something the service depends on is broken: it may leave early and lead a cascade. */
  isInfrastructure: boolean;
}

export interface SeverityThreshold {
  severity: Severity;
  minCount: number;
}

export interface SeverityTable {
  rules: readonly SeverityRule[];
  /** Most severe first. */
  thresholds: readonly SeverityThreshold[];
}

function infrastructure(name: string, pattern: RegExp): SeverityRule {
  return { name, severity: 'critical', pattern, isInfrastructure: true };
}

/** The rules of the host come on top: they can raise a severity, never lower it. */
export function withHostRules(rules: readonly SeverityRule[]): SeverityTable {
  return { ...defaultSeverityTable, rules: [...defaultSeverityTable.rules, ...rules] };
}

export const defaultSeverityTable: SeverityTable = {
  rules: [
    infrastructure('connection refused', /\bECONNREFUSED\b/),
    infrastructure(
      'mongodb down',
      /\bMongo(?:\w*Network\w*|ServerSelection|Topology\w*|PoolCleared|NotConnected|oseServerSelection)Error\b|\bMongooseError: Operation .{1,80} buffering timed out/,
    ),
    infrastructure(
      'database down',
      /\b(?:database|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|redis)\b.{0,60}\b(?:is down|unavailable|unreachable|not available|is closed|connection (?:lost|closed|failed|terminated|refused)|shutting down|starting up)\b/i,
    ),
    infrastructure(
      'database connection lost',
      /Can't reach database server|\bP100[12]\b|PROTOCOL_CONNECTION_LOST|Connection terminated unexpectedly|Sequelize(?:Connection|HostNotFound|HostNotReachable)\w*Error|too many connections|remaining connection slots are reserved|MaxRetriesPerRequestError/i,
    ),
    infrastructure(
      'jwt broken',
      /\bJsonWebTokenError\b|\bjwt (?:is )?(?:broken|malformed)\b|\bsecretOrPrivateKey\b|\bsecret or public key must be provided\b|\bJWT_SECRET\b/i,
    ),
    infrastructure('name not resolved', /\bEAI_AGAIN\b/),
    infrastructure('disk full', /\bENOSPC\b/),
    infrastructure('out of file descriptors', /\bE[MN]FILE\b/),
    infrastructure('out of memory', /\bheap out of memory\b|\bERR_WORKER_OUT_OF_MEMORY\b/i),
  ],
  thresholds: [
    { severity: 'high', minCount: 10 },
    { severity: 'medium', minCount: 3 },
    { severity: 'low', minCount: 1 },
  ],
};
