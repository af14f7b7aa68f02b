// Follows a merged fix into production: deploy, soak, and what it proved to be worth.
import type { PullRequestView } from '@levautofix/contract/job-view';
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import { clip, plainLine } from '../domain/plain-text.js';
import type { Service } from '../domain/service.js';
import { containsFix, type ContainsFix } from './builds.js';
import { changeIncident, type IncidentChange } from './change-incident.js';
import type { FollowDeps } from './follow-deps.js';
import { alarmHistoryMs, judgeAlarm } from './judge-alarm.js';
import { judgeBuild, type BuildNews } from './judge-build.js';
import { openRevert } from './open-revert.js';
import type { SignsOfLife } from './signs-of-life.js';

export interface BuildContext {
  service: Service;
  /** The newest commit of the base branch; git has fetched it. */
  tip: string;
  signs: SignsOfLife;
}

export async function followBuild(
  incident: Incident,
  { service, tip, signs }: BuildContext,
  deps: FollowDeps,
  now: number,
): Promise<void> {
  const fix = incident.fixes.at(-1);
  if (!fix?.mergeCommit) return;
  const { repository } = deps;
  const mergeCommit = await repository.resolveCommit(service.repoPath, fix.mergeCommit);
  // Not fetched yet, for want of a network: there is nothing to compare a build with.
  if (mergeCommit === null) return;
  const isKnown = (await repository.resolveCommit(service.repoPath, fix.commit)) !== null;
  const commits = isKnown ? [mergeCommit, fix.commit] : [mergeCommit];
  const revert = await repository.findRevert(service.repoPath, commits, tip);
  if (revert !== null) return void (await changeIncident(incident, reverted(fix, revert, now), deps));
  const contains = containsFix(repository, service.repoPath, mergeCommit);
  const news = await judgeBuild(incident, fix, signs.get(incident.service) ?? [], contains, now);
  const change =
    (news && changeOf(news, incident, fix, now)) ?? (await alarming(incident, fix, service, contains, deps));
  if (!change) return;
  const isFailed = change.patch.state === 'regressed' || change.patch.state === 'needs_person';
  // What a person merged is for persons to take back.
  const isOurs =
    Boolean(fix.autoMergedAt) &&
    !fix.revert &&
    // One that had proved itself is kept: taking it back would bring the old error back as well.
    fix.resolvedAt === null &&
    isFailed &&
    news?.kind !== 'unverifiable';
  const reason = change.patch.reason ?? '';
  const undo = isOurs ? await openRevert({ incident, fix, service, mergeCommit, tip, reason }, deps) : null;
  await changeIncident(incident, isOurs ? withRevert(change, undo) : change, deps);
}

/** Only an automatic merge is taken back for a probe that fails: of any other, whoever merged it knows more. */
async function alarming(
  incident: Incident,
  fix: Fix,
  service: Service,
  contains: ContainsFix,
  deps: FollowDeps,
): Promise<IncidentChange | null> {
  if (!fix.autoMergedAt || fix.mergedAt === null || incident.state === 'resolved') return null;
  const alarms = await deps.alarms.list(service.name, fix.mergedAt - alarmHistoryMs);
  const alarm = await judgeAlarm(incident, fix, alarms, contains);
  if (!alarm) return null;
  const build = alarm.release === null ? 'since its deploy' : `in ${shown(alarm.release)}, which contains the fix`;
  const reason = `A probe failed ${alarm.failures} times ${build}: ${clip(plainLine(alarm.text), 200)}.`;
  return { patch: { state: 'needs_person', reason }, fix, news: `🚨 ${reason}` };
}

function withRevert(change: IncidentChange, revert: PullRequestView | null): IncidentChange {
  const said = revert
    ? `A pull request that takes the automatic merge back is open: ${revert.url}`
    : 'The automatic merge could not be taken back, because later changes stand against it: undo it by hand.';
  return {
    patch: { ...change.patch, reason: `${change.patch.reason ?? ''} ${said}`.trim() },
    fix: { ...change.fix, revert },
    news: `${change.news ?? ''}\n↩️ ${said}`.trim(),
  };
}

function reverted(fix: Fix, revert: string, now: number): IncidentChange {
  const reason = `The fix was reverted by ${revert.slice(0, 12)}; what to do about the error is left to a person.`;
  return { patch: { state: 'needs_person', reason }, fix: { ...fix, revertedAt: now }, news: `↩️ ${reason}` };
}

function changeOf(news: BuildNews, incident: Incident, fix: Fix, now: number): IncidentChange | null {
  switch (news.kind) {
    case 'regressed': {
      const build = news.release === null ? 'a build that is not named' : shown(news.release);
      const reason =
        fix.resolvedAt === null || news.release !== null
          ? `The error was seen again in ${build}, which contains the fix.`
          : `The error was seen again in ${build}, after its fix had proved itself.`;
      return {
        // Without a job it is given a new one, exactly one, whatever happens in between.
        patch: { state: 'regressed', jobId: null, reason },
        fix: { ...fix, regressedAt: now, regressedRelease: news.release },
        news: `🔁 ${reason} A new job is told what failed.`,
      };
    }
    case 'deployed':
      return {
        patch: { state: 'soaking', reason: null },
        fix: { ...fix, deployedAt: now, deployedRelease: news.release, soakUntil: news.soakUntil },
        news: `🚀 The fix runs in ${shown(news.release)}. It is watched until ${time(news.soakUntil)}.`,
      };
    case 'resolved':
      return {
        patch: { state: 'resolved', reason: null },
        fix: { ...fix, resolvedAt: now },
        news: `✅ The error has stayed away since ${time(fix.deployedAt ?? now)} while the service was alive: resolved.`,
      };
    case 'unverifiable': {
      const reason = `Unverifiable: nothing was heard of a build with the fix in the second half of its time of watching, so that its silence proves nothing. Check that the service runs, then whether the error is gone.`;
      return { patch: { state: 'needs_person', reason }, fix, news: `❔ ${reason}` };
    }
    case 'not_deployed': {
      // Said once; the reason remembers that it was.
      if (incident.reason !== null) return null;
      const reason = `No report of a build with the fix has come since it was merged. Deploy it, and see that the watcher's RELEASE is a commit or tag of the repository.`;
      return { patch: { reason }, fix, news: `⏳ ${reason}` };
    }
  }
}

function shown(release: string): string {
  return `release ${clip(plainLine(release), 60)}`;
}

/** Minutes are enough, and the same in every time zone. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
