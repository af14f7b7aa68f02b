// Looks up what admission is decided by.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import { isTerminal } from '@levautofix/contract/job-state';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { resolveRelease } from '../domain/resolve-release.js';
import type { Service } from '../domain/service.js';
import type { CodeHost, FoundPullRequest } from '../ports/code-host.js';
import type { Repository } from '../ports/repository.js';
import type { Store } from '../ports/store.js';
import type { AdmissionFacts } from './admit-job.js';

export interface AdmissionPorts {
  store: {
    jobs: Pick<Store['jobs'], 'list' | 'listOpen' | 'listByFingerprint'>;
    incidents: Pick<Store['incidents'], 'list'>;
  };
  repository: Pick<Repository, 'resolveBase' | 'resolveCommit' | 'isAncestor' | 'findEqual' | 'findRevert'>;
  codeHost: Pick<CodeHost, 'canPush' | 'find'>;
}

/** More jobs than anybody lets start within an hour. */
const recentJobs = 200;

export async function gatherFacts(
  {
    job,
    incident,
    service,
    maxOpenPullRequests,
  }: { job: Job; incident: Incident; service: Service; maxOpenPullRequests: number },
  ports: AdmissionPorts,
): Promise<Omit<AdmissionFacts, 'isAskedFirst'>> {
  const { jobs } = ports.store;
  const open = await jobs.listOpen();
  const { items: recent } = await jobs.list({ limit: recentJobs });
  const others = [...open, ...recent.filter(({ state }) => isTerminal(state))].filter(({ id }) => id !== job.id);
  const earlier = (await jobs.listByFingerprint(job.service, job.fingerprint)).filter(({ id }) => id !== job.id);
  // A code host without pull requests of its own has only what the jobs know already.
  const pullRequest = ports.codeHost.canPush ? await ports.codeHost.find(job.branch) : null;
  return {
    job,
    incident,
    others,
    earlier,
    pullRequest,
    fixOnBase: await findFix({ incident, service, earlier, pullRequest }, ports.repository),
    openPullRequests: await countPullRequests(job, others, maxOpenPullRequests, ports),
  };
}

async function findFix(
  {
    incident,
    service,
    earlier,
    pullRequest,
  }: { incident: Incident; service: Service; earlier: readonly Job[]; pullRequest: FoundPullRequest | null },
  repository: AdmissionPorts['repository'],
): Promise<AdmissionFacts['fixOnBase']> {
  const { repoPath, baseBranch } = service;
  const fixes = new Set([
    ...incident.fixes.map(({ commit }) => commit),
    ...earlier.flatMap(({ commit }) => commit ?? []),
    ...(pullRequest ? [pullRequest.commit] : []),
  ]);
  if (fixes.size === 0) return null;
  const { commit: base } = await repository.resolveBase(repoPath, baseBranch);
  for (const fix of fixes) {
    // The commit of a pull request that somebody else opened may not be here.
    if ((await repository.resolveCommit(repoPath, fix)) === null) continue;
    const commit = await repository.findEqual(repoPath, fix, base);
    if (commit === null || (await repository.findRevert(repoPath, [fix, commit], base)) !== null) continue;
    const release =
      incident.release === null
        ? null
        : await resolveRelease(incident.release, (name) => repository.resolveCommit(repoPath, name));
    // A build from another branch may have got the fix there in another way.
    if (release === null || !(await repository.isAncestor(repoPath, release, base)))
      return { commit, isDeployed: null };
    return { commit, isDeployed: await repository.isAncestor(repoPath, commit, release) };
  }
  return null;
}

/** Exact below the limit; from there on it only says that it is reached. */
async function countPullRequests(
  { service }: Job,
  others: readonly Job[],
  limit: number,
  { store, codeHost }: AdmissionPorts,
): Promise<number> {
  const underWay = others.filter(
    (other) =>
      other.service === service &&
      !isTerminal(other.state) &&
      other.state !== 'queued' &&
      other.state !== 'awaiting_start' &&
      other.predecessor?.why !== 'reviewed',
  ).length;
  if (limit === 0 || !codeHost.canPush) return underWay;
  const { items } = await store.incidents.list({ state: 'fix_proposed', limit: recentJobs });
  const proposed = items.filter((incident) => incident.service === service);
  if (underWay + proposed.length < limit) return underWay + proposed.length;
  // Asked one by one only at the limit: what was merged or closed may not have been noticed yet.
  let count = underWay;
  for (const { fingerprint } of proposed.slice(0, 3 * limit)) {
    if (count >= limit) break;
    const found = await codeHost.find(`hotfix/auto-${fingerprintDigits(fingerprint)}`);
    if (found?.state === 'open') count += 1;
  }
  return count;
}
