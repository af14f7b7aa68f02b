// The occurrences of one fingerprint within one settle window, with their tally.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { Severity } from '@levautofix/contract/severity';
import type { Occurrence } from './occurrence.js';

/** Times are milliseconds since the Unix epoch. */
export interface SettledIncident {
  fingerprint: Fingerprint;
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
  first: Occurrence;
  latest: Occurrence;
  followers: { fingerprint: Fingerprint; count: number; first: Occurrence }[];
  /** For the digest of a flood: occurrences counted but not kept. */
  dropped: number;
}

export interface ClassifiedIncident extends SettledIncident {
  severity: Severity;
  /** The rule that decided, for `explain` and the log. */
  rule: string;
}
