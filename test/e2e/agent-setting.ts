// What the tests of the real coding agents share: a worktree with one file to edit, what is asked, and what is answered.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RepairRequest } from '@levautofix/fixer/ports/coding-agent';
import type { Sandbox } from '@levautofix/fixer/ports/sandbox';

export const outside: Sandbox = { kind: 'none', enclose: (spec) => spec };
export const never: AbortSignal = new AbortController().signal;
export const answer = {
  rootCause: 'a is wrong',
  summary: 'a is right',
  risk: 'none',
  regressionTest: null,
  declined: null,
};

export function makeWorktree(folder: string): string {
  const worktree = mkdtempSync(join(folder, 'worktree-'));
  writeFileSync(join(worktree, 'a.js'), 'export const a = 1;\n');
  return worktree;
}

export function repairRequest(worktreePath: string, more: Partial<RepairRequest>): RepairRequest {
  return {
    jobId: 'job-1',
    attempt: 1,
    prompt: 'Make a two.',
    worktreePath,
    sessionId: null,
    timeoutMs: 30_000,
    maxUsd: null,
    ...more,
  };
}
