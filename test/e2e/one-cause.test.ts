// One cause, one pull request: before a job starts and again before it publishes, on a manual clock with real git and GitHub's double.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Job } from '@levautofix/fixer/domain/job';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { branch, fingerprint, FollowWorld } from './follow.js';

const fix = 'export const discount = (coupon) => (coupon ? coupon.percentOff : 0);\n';
const otherFingerprint = 'v1:00000000000000aa';

let world: FollowWorld;
beforeEach(async () => {
  world = await FollowWorld.open();
});
afterEach(async () => {
  expect(world.github.violations).toEqual([]);
  await world.close();
});

const jobOf = async (print: string): Promise<Job> => {
  const [job] = await world.fixer.store.jobs.listByFingerprint('shop', print);
  if (!job) throw new Error('there is no job');
  return job;
};
const approve = async ({ id, commit, diffHash, fingerprint: print }: Job): Promise<Job> => {
  const answer = { jobId: id, answer: 'approve' as const, commit: commit ?? '', diffHash: diffHash ?? '', by: 'ann' };
  expect(await world.fixer.decider.decide(answer)).toMatchObject({ isAccepted: true });
  await setImmediate();
  await world.fixer.drain();
  return jobOf(print);
};
const remoteBranches = () => world.git('ls-remote', '--heads', world.bare).split('\n').length;
/** Another fixer on the same repository, which knows nothing of what the first one did. */
const startAnotherFixer = async () => {
  await world.fixer.close();
  world.settings = { ...world.settings, DATA_DIR: join(world.folder, 'other-data') };
  await world.start();
};

it('proposes the very same change for two errors once', async () => {
  world.script.push(fix, fix);
  await world.report(world.base);
  await world.report(world.base, { fingerprint: otherFingerprint });
  await world.fixer.drain();
  expect(await approve(await jobOf(fingerprint))).toMatchObject({ state: 'published', pullRequest: { number: 1 } });
  const second = await approve(await jobOf(otherFingerprint));
  expect(second).toMatchObject({
    state: 'superseded',
    pullRequest: { number: 1 },
    reason: expect.stringContaining(`very same change for another error (${fingerprint}) is pull request #1`) as string,
  });
  expect(world.github.pulls).toHaveLength(1);
  expect(remoteBranches()).toBe(2);
  expect(world.git('branch', '--list', 'hotfix/*').trim()).toBe(branch);
  expect(await world.fixer.store.incidents.find('shop', otherFingerprint)).toMatchObject({
    state: 'needs_person',
    reason: second.reason,
  });
});

it('publishes nothing when a person has put the fix on the base branch since', async () => {
  world.script.push(fix);
  await world.report(world.base);
  await world.fixer.drain();
  const asked = await world.job();
  world.write('README.md', 'Shop\n');
  world.git('add', 'README.md');
  world.git('commit', '--quiet', '-m', 'Say what this is');
  world.git('cherry-pick', asked.commit ?? '');
  const picked = world.base;
  world.git('push', '--quiet', world.bare, 'main');
  expect(await approve(asked)).toMatchObject({
    state: 'superseded',
    reason: `Already fixed in ${picked.slice(0, 10)} on main, waiting for deploy.`,
  });
  expect(world.github.pulls).toEqual([]);
  expect(remoteBranches()).toBe(1);
});

it.each([
  ['open', 'superseded', /#1 is already open for this error/],
  ['closed', 'rejected', /#1 for this error was closed without a merge, which is a no/],
  ['merged', 'superseded', /^Already fixed .*waiting for deploy/],
] as const)('asks no model about an error whose pull request is %s', async (what, state, reason) => {
  const old = world.base;
  await world.report(old);
  await world.repair(fix);
  if (what === 'merged') world.merge();
  if (what === 'closed') world.github.closePull(1);
  await startAnotherFixer();
  await world.report(old);
  await world.fixer.drain();
  expect(await world.job()).toMatchObject({ state, reason: expect.stringMatching(reason) as string, attempts: [] });
  expect(world.prompts).toHaveLength(1);
  expect(world.github.pulls).toHaveLength(1);
});

it('makes one question of a storm', async () => {
  await world.fixer.close();
  world.settings = { STORM_ERRORS: '2' };
  await world.start();
  world.script.push(fix, `${fix}// again\n`);
  for (let number = 1; number <= 6; number++) {
    await world.report(world.base, { fingerprint: `v1:00000000000000b${number}` });
  }
  await world.fixer.drain();
  const { items } = await world.fixer.store.jobs.list({ limit: 10 });
  const count = (state: string) => items.filter((job) => job.state === state).length;
  expect([count('awaiting_approval'), count('awaiting_start')]).toEqual([2, 4]);
  expect(items.filter((job) => job.state === 'awaiting_start' && job.approval !== null)).toHaveLength(1);
  expect(world.prompts).toHaveLength(2);
});

it('asks which repository an unknown service is, once, and guesses none', async () => {
  await expect(world.report(null, { service: 'blog' })).rejects.toThrow('No repository is configured');
  await expect(world.report(null, { service: 'blog' })).rejects.toThrow('No repository is configured');
  await setImmediate();
  expect(world.news.filter((text) => text.includes('Which repository is "blog"?'))).toHaveLength(1);
  expect((await world.fixer.store.jobs.list({ limit: 10 })).items).toEqual([]);
});
