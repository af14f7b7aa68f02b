// A report of one error of a shop, for tests.
import type { IncidentReport } from './incident-report.js';

export function sampleReport(patch: Partial<IncidentReport> = {}): IncidentReport {
  return {
    id: 'report-1',
    service: 'shop',
    environment: 'production',
    release: null,
    host: 'web-1',
    kind: 'error',
    fingerprint: 'v1:0123456789abcdef',
    severity: 'high',
    count: 1,
    firstSeenAt: '2026-03-01T12:00:00Z',
    lastSeenAt: '2026-03-01T12:00:00Z',
    error: { type: 'TypeError', message: 'x is undefined', stack: [] },
    request: null,
    context: [],
    ...patch,
  };
}
