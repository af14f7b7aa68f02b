// A question about a change, for tests of where people are asked.
import type { ApprovalQuestion } from './approval-channel.js';

export function sampleQuestion(patch: Partial<ApprovalQuestion> = {}): ApprovalQuestion {
  return {
    jobId: 'job-1',
    nonce: 'n'.repeat(22),
    kind: 'change',
    severity: 'high',
    service: 'shop',
    error: { type: 'TypeError', message: 'x is undefined' },
    path: 'POST /orders',
    count: 3,
    release: null,
    rootCause: 'No check.',
    summary: null,
    risk: null,
    result: 'verified',
    files: [{ path: 'src/cart.js', linesAdded: 2, linesDeleted: 1 }],
    checks: [],
    flags: [],
    cost: '1 attempt (command), price not stated, 0 tokens',
    sandbox: 'bubblewrap',
    commit: 'c'.repeat(40),
    diffHash: `sha256:${'d'.repeat(64)}`,
    diff: '+a',
    expiresAt: 0,
    ...patch,
  };
}
