import { expect, it } from 'vitest';
import type { Sighting } from '../domain/incident.js';
import type { Alarm } from '../ports/alarm-source.js';
import type { ContainsFix } from './builds.js';
import { alarmHistoryMs, judgeAlarm } from './judge-alarm.js';
import { sampleFix } from './sample-fix.testkit.js';

const mergedAt = 10 * alarmHistoryMs;
const deployedAt = mergedAt + 1_000;
const fix = { ...sampleFix, mergedAt, deployedAt };
const incident = { sightings: [{ environment: 'production' } as Sighting] };
const contains: ContainsFix = (release) =>
  Promise.resolve(release === 'new' ? 'yes' : release === 'old' ? 'no' : 'unknown');
const alarm = (patch: Partial<Alarm> = {}): Alarm => ({
  probe: 'health',
  text: 'GET /healthz: 500',
  environment: 'production',
  release: 'new',
  failures: 3,
  firstFailedAt: deployedAt + 1,
  lastFailedAt: deployedAt + 2,
  ...patch,
});

it.each<[string, Alarm[], number | null]>([
  ['a probe that began to fail with the new build', [alarm()], 0],
  ['a probe of a build without a name, since the deploy', [alarm({ release: null })], 0],
  [
    'the same probe long ago, mended since',
    [alarm({ release: 'old', lastFailedAt: mergedAt - alarmHistoryMs - 1 }), alarm()],
    1,
  ],
  ['another probe that failed before', [alarm({ probe: 'disk', release: 'old', lastFailedAt: mergedAt }), alarm()], 1],
  ['one that failed twice', [alarm({ failures: 2 })], null],
  ['one of another environment', [alarm({ environment: 'staging' })], null],
  ['one of an old build', [alarm({ release: 'old' })], null],
  ['one that failed before the merge as well', [alarm({ release: 'old', lastFailedAt: mergedAt - 1 }), alarm()], null],
  [
    'one that nobody can place, from before the deploy',
    [alarm({ release: null, firstFailedAt: deployedAt - 1 })],
    null,
  ],
  ['silence', [], null],
])('weighs %s', async (_, alarms, expected) => {
  expect(await judgeAlarm(incident, fix, alarms, contains)).toEqual(expected === null ? null : alarms[expected]);
});

it('cannot place a build without a name before the deploy was seen', async () => {
  const merged = { ...fix, deployedAt: null };
  expect(await judgeAlarm(incident, merged, [alarm({ release: null })], contains)).toBeNull();
  expect(await judgeAlarm(incident, merged, [alarm()], contains)).not.toBeNull();
});
