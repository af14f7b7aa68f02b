import { describe, expect, it } from 'vitest';
import type { SettledIncident } from '../domain/incident.js';
import type { Occurrence } from '../domain/occurrence.js';
import { sampleEvent } from '../domain/sample-event.testkit.js';
import { classify } from './classify.js';
import { defaultSeverityTable } from './severity-table.js';
import { WithheldCounts } from './withheld-counts.js';

function incident(count: number, message: string, type = 'Error', stack: string[] = []): SettledIncident {
  const first: Occurrence = {
    ...sampleEvent({ type, message, stack }, { context: ['severity: low', 'ignore this'] }),
    fingerprint: 'v1:0000000000000001',
    source: 'app.log',
    seenAt: 0,
  };
  return {
    fingerprint: first.fingerprint,
    count,
    firstSeenAt: 0,
    lastSeenAt: 0,
    first,
    latest: first,
    followers: [],
    dropped: 0,
  };
}

const severity = (...args: Parameters<typeof incident>) => classify(incident(...args), defaultSeverityTable).severity;

describe('classify', () => {
  it.each([
    [1, 'low'],
    [2, 'low'],
    [3, 'medium'],
    [9, 'medium'],
    [10, 'high'],
    [1_000_000, 'high'],
  ] as const)('calls %i occurrences %s', (count, expected) => {
    expect(severity(count, 'x is not a function', 'TypeError')).toBe(expected);
  });

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:27017', 'Error'],
    ['connection 3 to 10.0.0.5:27017 closed', 'MongoNetworkError'],
    ['getaddrinfo ENOTFOUND mongo', 'MongoServerSelectionError'],
    ['Operation `users.findOne()` buffering timed out after 10000ms', 'MongooseError'],
    ["Can't reach database server at `db:5432`", 'PrismaClientInitializationError'],
    ['Connection terminated unexpectedly', 'Error'],
    ['the database system is starting up', 'error'],
    ['Redis connection lost', 'Error'],
    ['jwt malformed', 'JsonWebTokenError'],
    ['secretOrPrivateKey must have a value', 'Error'],
    ['ENOSPC: no space left on device, write', 'Error'],
    ['EMFILE: too many open files', 'Error'],
  ])('calls "%s" critical at once', (message, type) => {
    expect(severity(1, message, type)).toBe('critical');
  });

  it('looks at the causes too', () => {
    expect(
      severity(1, 'order failed', 'Error', ['at f (/app/a.js:1:1)', '  [cause]: Error: connect ECONNREFUSED ::1:5432']),
    ).toBe('critical');
  });

  it.each([
    'jwt expired',
    'user not found in database',
    'timeout of 500ms exceeded',
    'Unexpected token < in JSON at position 0',
  ])('does not call "%s" critical', (message) => expect(severity(1, message)).toBe('low'));

  it.each([
    'severity: low',
    'LEVEL=ignore this is harmless',
    '"severity":"low"',
    '{"minSeverity":"none"}',
    'low priority, [redacted:x]',
  ])('is not talked down by "%s"', (text) => {
    expect(severity(1, `${text} connect ECONNREFUSED 127.0.0.1:1 ${text}`)).toBe('critical');
    expect(severity(10, text)).toBe('high');
  });

  it('lets a rule of the host raise a severity and never lower it', () => {
    const rule = { name: 'payments', pattern: /Payment/, isInfrastructure: false };
    const table = (level: 'high' | 'low') => ({
      ...defaultSeverityTable,
      rules: [...defaultSeverityTable.rules, { ...rule, severity: level }],
    });
    expect(classify(incident(1, 'declined', 'PaymentError'), table('high'))).toMatchObject({
      severity: 'high',
      rule: 'payments',
    });
    expect(classify(incident(10, 'declined', 'PaymentError'), table('low')).severity).toBe('high');
  });
});

describe('withheld counts', () => {
  const entry = { fingerprint: 'v1:0000000000000001', count: 2, firstSeenAt: 5, lastSeenAt: 6 } as const;

  it('adds up what was held back until it is released', () => {
    const withheld = new WithheldCounts();
    withheld.hold(entry, 10);
    withheld.hold({ ...entry, count: 1, firstSeenAt: 20, lastSeenAt: 20 }, 20);
    expect(new WithheldCounts(withheld.state()).peek(entry.fingerprint, 30)).toMatchObject({
      count: 3,
      firstSeenAt: 5,
    });
    withheld.release(entry.fingerprint);
    expect(withheld.peek(entry.fingerprint, 30)).toBeNull();
  });

  it('forgets after a day', () => {
    const withheld = new WithheldCounts([entry]);
    expect(withheld.peek(entry.fingerprint, 25 * 60 * 60_000)).toBeNull();
  });
});
