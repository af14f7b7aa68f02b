// A job that waits for a person, and its incident, for tests.
import type { Incident } from '../domain/incident.js';
import type { ApprovalRequest, Job } from '../domain/job.js';
import { sampleFile } from '../domain/sample-file.testkit.js';
import { newJob } from './new-job.js';

export const sampleIncident: Incident = {
  id: 'incident-1',
  service: 'shop',
  fingerprint: 'v1:0123456789abcdef',
  kind: 'error',
  severity: 'high',
  state: 'open',
  count: 12,
  firstSeenAt: 0,
  lastSeenAt: 500,
  environment: 'production',
  release: '1.4.2',
  host: 'web-1',
  error: {
    type: 'TypeError',
    message: 'Cannot read properties of undefined',
    stack: ['at total (/app/src/cart.js:7:3)'],
  },
  request: { method: 'POST', path: '/orders' },
  context: [],
  jobId: 'job-1',
  snoozedUntil: null,
  reason: null,
  sightings: [],
  fixes: [],
  version: 1,
};

export const sampleRequest: ApprovalRequest = {
  nonce: 'n'.repeat(22),
  commit: 'c'.repeat(40),
  diffHash: `sha256:${'d'.repeat(64)}`,
  askedAt: 1_000,
  expiresAt: 61_000,
  shownAt: {},
  decision: null,
};

export function sampleJob(patch: Partial<Job> = {}): Job {
  return {
    ...newJob({ id: 'job-1', incident: sampleIncident, baseBranch: 'main', now: 0 }),
    state: 'awaiting_approval',
    result: 'proven',
    baseCommit: 'b'.repeat(40),
    commit: sampleRequest.commit,
    diffHash: sampleRequest.diffHash,
    approval: sampleRequest,
    proposal: {
      rootCause: 'The cart is empty.',
      summary: 'Count no items as zero.',
      risk: 'Low.',
      regressionTest: null,
    },
    change: {
      files: [sampleFile()],
      linesAdded: 2,
      linesDeleted: 1,
      diff: '--- a/src/cart.js\n+++ b/src/cart.js\n@@ -7 +7,2 @@\n-old\n+new\n+newer\n',
    },
    attempts: [
      {
        number: 1,
        rung: 'claude-code',
        outcome: 'passed',
        reason: null,
        usd: 0.12,
        tokens: 3_400,
        durationMs: 9_000,
        sessionId: null,
        commit: null,
        checks: [
          {
            name: 'test',
            status: 'passed',
            durationMs: 800,
            command: 'npm test',
            exitCode: 0,
            output: '',
            failedTests: [],
            passedTests: [],
          },
          {
            name: 'proof on base',
            status: 'failed',
            durationMs: 300,
            command: 'node --test test/cart.test.js',
            exitCode: 1,
            output: '',
            failedTests: ['an empty cart'],
            passedTests: [],
          },
        ],
        diff: null,
        rootCause: null,
      },
    ],
    ...patch,
  };
}
