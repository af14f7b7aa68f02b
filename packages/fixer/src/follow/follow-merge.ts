// Merges a fix without a look where a rule of the configuration allows it.
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { PullRequestFollower, PullRequestRef } from '../ports/code-host.js';
import { changeIncident } from './change-incident.js';
import { countOutcomes } from './count-outcomes.js';
import type { FollowDeps } from './follow-deps.js';
import { mergeObstacle } from './judge-merge.js';

export interface MergeInput {
  incident: Incident;
  fix: Fix;
  ref: PullRequestRef;
  host: PullRequestFollower;
  job: Job;
}

/** What became of the merge is noticed by the next pass, like one of a person. */
export async function followMerge({ incident, fix, ref, host, job }: MergeInput, deps: FollowDeps, now: number) {
  const { autoMerge: errorTypes } = deps;
  // Counting and asking cost something; most fixes are not meant.
  if (!errorTypes.includes(incident.error.type)) return;
  const { remarks } = await host.conversation(ref);
  const obstacle = mergeObstacle({ incident, job, remarks, errorTypes, outcomes: await countOutcomes(deps) }, now);
  if (obstacle !== null || !(await host.canMerge(ref))) return void (await setIntent(incident, fix, null, deps));
  // Written down before it is done: after a crash in between the merge is known for what it is.
  const intended = await setIntent(incident, fix, now, deps);
  if (intended && !(await host.merge(ref))) await setIntent(intended, fix, null, deps);
}

function setIntent(incident: Incident, fix: Fix, autoMergedAt: number | null, deps: FollowDeps) {
  if ((incident.fixes.at(-1)?.autoMergedAt ?? null) === autoMergedAt) return Promise.resolve(incident);
  return changeIncident(incident, { patch: {}, fix: { ...fix, autoMergedAt }, news: null }, deps);
}
