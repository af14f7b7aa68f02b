// Asks to take an automatic merge back: one pull request, however often it is asked for.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import { redactSecrets } from '@levautofix/contract/redact';
import type { PullRequestView } from '@levautofix/contract/job-view';
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import { prose } from '../domain/quote-markdown.js';
import type { Service } from '../domain/service.js';
import type { FollowDeps } from './follow-deps.js';

export interface RevertInput {
  incident: Incident;
  fix: Fix;
  service: Service;
  /** The commit that brought the fix to the base branch, and the newest one there. */
  mergeCommit: string;
  tip: string;
  reason: string;
}

/** Null when later changes stand against it: then a person has to undo it by hand. */
export async function openRevert(input: RevertInput, deps: FollowDeps): Promise<PullRequestView | null> {
  const { incident, fix, service, mergeCommit, tip, reason } = input;
  const { repoPath, baseBranch } = service;
  const { number, url } = fix.pullRequest;
  const host = await deps.codeHostOf(service);
  // Named after the pull request, so that a second look, or a second fixer, finds the first one's.
  const branch = `hotfix/auto-${fingerprintDigits(incident.fingerprint)}-revert-${number}`;
  const existing = await host.find(branch);
  if (existing) return { number: existing.number, url: existing.url };
  const title = `revert(${service.name}): pull request ${number}`;
  const commit = await deps.repository.commitRevert(repoPath, mergeCommit, tip, title);
  if (commit === null) return null;
  await deps.repository.push(repoPath, branch, commit, host.pushCredentials);
  const body = [
    `Takes back ${url}, which was merged by the rule AUTO_MERGE.`,
    '',
    `**Why.** ${prose(redactSecrets(reason, deps.secrets), 400)}`,
    '',
    'Merge this to be back where you were, or close it to keep the change. It was made by git alone and has not been tested.',
    '',
  ].join('\n');
  return host.open({ repoPath, branch, baseBranch, baseCommit: tip, commit, title, body });
}
