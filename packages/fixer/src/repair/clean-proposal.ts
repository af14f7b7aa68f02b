// Makes an agent's own account safe to show and to keep: bounded plain text without secrets, and a test path that stays inside.
import { posix } from 'node:path';
import { redactSecrets } from '@levautofix/contract/redact';
import type { Proposal } from '../domain/change.js';
import { clip, plainText } from '../domain/plain-text.js';

export function cleanText(text: string, secrets: readonly string[], maxLength = 2_000): string {
  return clip(redactSecrets(plainText(text), secrets).trim(), maxLength);
}

export function cleanProposal(proposal: Proposal, worktreePath: string, secrets: readonly string[]): Proposal {
  return {
    rootCause: cleanText(proposal.rootCause, secrets),
    summary: cleanText(proposal.summary, secrets),
    risk: cleanText(proposal.risk, secrets),
    regressionTest: proposal.regressionTest === null ? null : testPath(proposal.regressionTest, worktreePath),
  };
}

/** Relative to the worktree; agents that work with absolute paths answer with one. Null when it leads elsewhere. */
function testPath(answered: string, worktreePath: string): string | null {
  const path = posix.isAbsolute(answered) ? posix.relative(worktreePath, answered) : posix.normalize(answered);
  const isInside = path !== '' && path !== '.' && !path.startsWith('..') && plainText(path) === path;
  return isInside ? path : null;
}
