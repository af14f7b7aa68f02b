// One pass over all incidents with a published fix.
import type { IncidentState } from '@levautofix/contract/job-state';
import type { Incident } from '../domain/incident.js';
import type { Service } from '../domain/service.js';
import { followBuild } from './follow-build.js';
import type { FollowDeps } from './follow-deps.js';
import { followPullRequest } from './follow-pull-request.js';
import { gatherSigns, recentIncidents } from './signs-of-life.js';

const dayMs = 24 * 60 * 60_000;
/** How long after its last occurrence an incident that has come to rest is still looked at. */
const restMs = 60 * dayMs;
/** Signs of life matter for soaks alone, which are shorter. */
const signsMs = 30 * dayMs;

/** Safe to run again at any moment, and beside another fixer on the same store. */
export async function followOnce(deps: FollowDeps, now: number): Promise<void> {
  const each = async (
    states: IncidentState[],
    since: number,
    follow: (incident: Incident, service: Service) => Promise<void>,
  ) => {
    for (const state of states) {
      // Listed whole before anything is changed, because a change moves an incident out of the list.
      const found: Incident[] = [];
      for await (const incident of recentIncidents(deps.incidents, { state }, since)) {
        if (state !== 'skipped' || incident.fixes.length > 0) found.push(incident);
      }
      for (const incident of found) {
        const service = deps.services.find(({ name }) => name === incident.service);
        // A service may have left the configuration since; its incident stays as it is.
        if (service) await follow(incident, service).catch((error: unknown) => deps.onFault(incident, error));
      }
    }
  };
  const pullRequest = (incident: Incident, service: Service) => followPullRequest(incident, service, deps, now);
  await each(['fix_proposed'], 0, pullRequest);
  await each(['skipped'], now - restMs, pullRequest);

  const tips = new Map<string, Promise<{ commit: string }>>();
  const tipOf = ({ repoPath, baseBranch }: Service) => {
    const key = `${repoPath}\n${baseBranch}`;
    const tip = tips.get(key) ?? deps.repository.resolveBase(repoPath, baseBranch);
    tips.set(key, tip);
    return tip;
  };
  let signs: ReturnType<typeof gatherSigns> | undefined;
  const build = async (incident: Incident, service: Service) => {
    const { commit: tip } = await tipOf(service);
    signs ??= gatherSigns(deps.incidents, now - signsMs);
    await followBuild(incident, { service, tip, signs: await signs }, deps, now);
  };
  await each(['merged', 'soaking'], 0, build);
  await each(['resolved'], now - restMs, build);
}
