// Which alarm speaks against a merged fix: one that began with a build that contains it. Pure but for the lookup.
import type { Fix } from '../domain/fix.js';
import type { Incident } from '../domain/incident.js';
import type { Alarm } from '../ports/alarm-source.js';
import type { ContainsFix } from './builds.js';

/** Once or twice may be the restart of the deploy itself. */
export const neededFailures = 3;
/** What failed this long before the merge was broken already. */
export const alarmHistoryMs = 24 * 60 * 60_000;

export async function judgeAlarm(
  incident: Pick<Incident, 'sightings'>,
  fix: Fix,
  alarms: readonly Alarm[],
  contains: ContainsFix,
): Promise<Alarm | null> {
  const mergedAt = fix.mergedAt ?? Infinity;
  const environments = new Set(incident.sightings.map(({ environment }) => environment));
  const isOld = async (alarm: Alarm) => {
    const containment = await contains(alarm.release);
    if (containment === 'yes') return false;
    // A build that cannot be told apart counts from the deploy on.
    return containment === 'no' || alarm.firstFailedAt < (fix.deployedAt ?? Infinity);
  };
  const before = new Set<string>();
  const since: Alarm[] = [];
  for (const alarm of alarms) {
    if (!(await isOld(alarm))) since.push(alarm);
    else if (alarm.lastFailedAt >= mergedAt - alarmHistoryMs) before.add(keyOf(alarm));
  }
  return (
    since.find(
      (alarm) => alarm.failures >= neededFailures && environments.has(alarm.environment) && !before.has(keyOf(alarm)),
    ) ?? null
  );
}

function keyOf({ probe, environment }: Alarm): string {
  return JSON.stringify([probe, environment]);
}
