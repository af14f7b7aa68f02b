// One report that stands for a flood: errors of so many kinds at once that keeping each would fill the memory.
import { createHash } from 'node:crypto';
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import type { SettledIncident } from '../domain/incident.js';
import type { Occurrence } from '../domain/occurrence.js';

export interface Digest {
  count: number;
  openedAt: number;
  lastSeenAt: number;
  dueAt: number;
  first: Occurrence;
  latest: Occurrence;
}

interface Folded {
  count: number;
  openedAt: number;
  lastSeenAt: number;
  first: Occurrence;
}

/** The same for every flood, so that the fixer sees one incident that comes back. */
export const floodFingerprint: Fingerprint = `v1:${createHash('sha256').update('levautofix flood').digest('hex').slice(0, 16)}`;

export function foldIntoDigest(
  digest: Digest | null,
  group: Folded,
  now: number,
  { settleMs, settleMaxMs }: { settleMs: number; settleMaxMs: number },
): Digest {
  const openedAt = digest ? Math.min(digest.openedAt, group.openedAt) : group.openedAt;
  return {
    count: (digest?.count ?? 0) + group.count,
    openedAt,
    lastSeenAt: Math.max(digest?.lastSeenAt ?? 0, group.lastSeenAt),
    dueAt: Math.max(digest?.dueAt ?? 0, Math.min(now + settleMs, openedAt + settleMaxMs)),
    first: digest?.first ?? group.first,
    latest: group.first,
  };
}

export function digestIncident(digest: Digest, maxGroups: number): SettledIncident {
  const { count, openedAt, lastSeenAt, first, latest } = digest;
  const describe = (sample: Occurrence): Occurrence => ({
    ...sample,
    error: {
      type: 'ErrorFlood',
      message: `More than ${maxGroups} different errors at once: ${count} occurrences, each seen only once. One of them: ${sample.error.type}: ${sample.error.message}`,
      stack: sample.error.stack,
    },
  });
  return {
    fingerprint: floodFingerprint,
    count,
    firstSeenAt: openedAt,
    lastSeenAt,
    first: describe(first),
    latest: describe(latest),
    followers: [],
    dropped: Math.max(0, count - 2),
  };
}
