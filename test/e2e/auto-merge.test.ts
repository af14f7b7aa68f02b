// Fixes that are merged without a look: only where the rule allows it, and taken back when they do harm.
import { NoSandbox } from '@levautofix/fixer/adapters/no-sandbox/no-sandbox';
import type { Fix } from '@levautofix/fixer/domain/fix';
import type { Job } from '@levautofix/fixer/domain/job';
import { newJob } from '@levautofix/fixer/job/new-job';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FollowWorld, minuteMs } from './follow.js';

const fixed = 'export const discount = (coupon) => coupon?.percentOff ?? 0;\n';
const regressionTest = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discount } from '../src/discount.js';
test('no coupon takes nothing off', () => assert.equal(discount(undefined), 0));
`;
const probe = {
  kind: 'probe' as const,
  fingerprint: 'v1:aaaaaaaaaaaaaaaa' as const,
  error: { type: 'ProbeFailed', message: 'GET /healthz answered 500', stack: [] },
};

let world: FollowWorld;
beforeEach(async () => {
  world = await FollowWorld.open();
  world.regressionTest = regressionTest;
});
afterEach(async () => {
  expect(world.github.violations).toEqual([]);
  await world.close();
});

/** Starts again with the rule on, and a record of fixes that proved themselves. */
async function enable(resolved: number): Promise<void> {
  await world.fixer.close();
  world.settings = {
    AUTO_MERGE: 'TypeError',
    SANDBOX: 'auto',
    TELEGRAM_BOT_TOKEN: '123456:token-abcdefghij',
    TELEGRAM_CHAT_ID: '1',
  };
  world.sandbox = new NoSandbox();
  await world.start();
  await world.report(world.base, { fingerprint: 'v1:eeeeeeeeeeeeeeee' });
  const { incidents, jobs } = world.fixer.store;
  const earlier = await incidents.find('shop', 'v1:eeeeeeeeeeeeeeee');
  const [opened] = await jobs.listByFingerprint('shop', 'v1:eeeeeeeeeeeeeeee');
  if (!earlier || !opened) throw new Error('the record needs an incident and a job');
  const published: Job = { ...newJob({ id: 'p', incident: earlier, baseBranch: 'main', now: 0 }), state: 'published' };
  const entry = {
    jobId: opened.id,
    version: opened.version + 1,
    at: 0,
    event: 'x',
    from: 'queued',
    to: 'published',
  } as const;
  await jobs.save(opened, { ...published, id: opened.id, version: opened.version + 1 }, { ...entry, note: null });
  const at = { handsOffAt: null, closedAt: null, mergedAt: 1, mergeCommit: 'm', deployedAt: 1, resolvedAt: 2 };
  const rest = { deployedRelease: 'r', soakUntil: 2, regressedAt: null, regressedRelease: null, revertedAt: null };
  const fixes = Array.from({ length: resolved }, (_, index): Fix => {
    const pullRequest = { number: 1_000 + index, url: 'u' };
    return { jobId: 'p', rung: 'command', pullRequest, branch: 'b', baseBranch: 'main', commit: 'c', ...at, ...rest };
  });
  await incidents.update(earlier, { state: 'needs_person', jobId: 'p', fixes });
}

async function propose(): Promise<Job> {
  for (let times = 0; times < 10; times++) {
    await world.report(world.base);
    await world.clock.advance(6 * minuteMs);
  }
  const job = await world.repair(fixed);
  expect(job.result).toBe('proven');
  await world.pass();
  return job;
}

/** Time enough for the checks of the host, and the pass after the merge. */
async function passTime() {
  await world.pass(10 * minuteMs);
  return world.pass();
}

async function mergeByRule(): Promise<string> {
  await enable(20);
  await propose();
  const incident = await passTime();
  expect(incident).toMatchObject({ state: 'merged', fixes: [{ autoMergedAt: expect.any(Number) as number }] });
  const release = incident.fixes[0]?.mergeCommit ?? '';
  await world.sign(release);
  expect(await world.pass()).toMatchObject({ state: 'soaking' });
  return release;
}

const merges = () => world.github.requests.filter(({ operation }) => operation === 'pulls/merge').length;

describe('a small, proven fix', () => {
  it('is merged by the rule, exactly as it was approved, once it has waited, its checks are good and its class has a record', async () => {
    await enable(19);
    const job = await propose();
    const [pull] = world.github.pulls;
    pull!.mergeableState = 'unstable';
    await world.pass(7 * minuteMs);
    await passTime();
    const earlier = await world.fixer.store.incidents.find('shop', 'v1:eeeeeeeeeeeeeeee');
    const [fix] = earlier!.fixes;
    await world.fixer.store.incidents.update(earlier!, {
      fixes: [...earlier!.fixes, { ...fix!, pullRequest: { number: 2_000, url: 'u' } }],
    });
    await world.pass();
    expect(await world.incident()).toMatchObject({ state: 'fix_proposed', fixes: [{ autoMergedAt: null }] });
    expect(merges()).toBe(0);

    pull!.mergeableState = 'clean';
    await world.pass();
    expect(await world.pass()).toMatchObject({ state: 'merged' });
    expect(world.git('-C', world.bare, 'rev-parse', `${pull?.mergedCommit}^2`)).toBe(job.commit);
    expect(world.news.at(-1)).toContain('merged by the rule AUTO_MERGE');
    const rows = await world.outcomes();
    expect(rows.find(({ errorType }) => errorType === 'TypeError')).toMatchObject({ proposed: 21, auto_merged: 1 });
  });

  it('waits ten minutes for checks that have not begun', async () => {
    await enable(20);
    await propose();
    await world.pass(7 * minuteMs);
    expect(merges()).toBe(0);
    await world.pass(3 * minuteMs);
    expect(merges()).toBe(1);
  });

  it('is left to people once one of them has put a commit on its branch', async () => {
    await enable(20);
    await propose();
    world.commitAsPerson(`${fixed}// mine\n`);
    await passTime();
    await passTime();
    expect(merges()).toBe(0);
    expect((await world.incident()).fixes[0]?.autoMergedAt ?? null).toBeNull();
  });

  it('is known as merged by the rule also when the answer was lost, or the fixer, in the middle of it', async () => {
    await enable(20);
    await propose();
    world.github.faults.push({ kind: 'lost', operation: 'pulls/merge' });
    await world.pass(10 * minuteMs);
    await world.fixer.close();
    await world.start();
    expect(await world.pass()).toMatchObject({
      state: 'merged',
      fixes: [{ autoMergedAt: expect.any(Number) as number }],
    });
    expect(merges()).toBe(1);
  });
});

describe('a fix that was merged by the rule', () => {
  const reverts = () => world.github.pulls.filter(({ head }) => head.endsWith('-revert-1'));

  it('is asked to be taken back, once, when the error comes back in a build that contains it', async () => {
    const release = await mergeByRule();
    await world.report(release);
    world.github.faults.push({ kind: 'lost', operation: 'pulls/create' });
    await world.pass();
    const incident = await world.pass();
    expect(reverts()).toHaveLength(1);
    expect(incident).toMatchObject({ state: 'regressed', fixes: [{ revert: { number: reverts()[0]?.number } }] });
    const [pull] = reverts();
    expect(pull).toMatchObject({ state: 'open', base: 'main', title: 'revert(shop): pull request 1' });
    expect(pull?.body).toContain('seen again');
    const undone = world.git('-C', world.bare, 'show', `${pull?.head}:src/discount.js`);
    expect(`${undone}\n`).toBe('export const discount = (coupon) => coupon.percentOff;\n');
    // Still one new job that knows what failed, and nothing more of this class is merged by itself.
    expect((await world.jobs())[0]).toMatchObject({ state: 'queued', predecessor: { why: 'regressed' } });
    await world.pass();
    await world.fixer.close();
    await world.start();
    await world.pass();
    expect(reverts()).toHaveLength(1);
  });

  it('is asked to be taken back, once, when a probe keeps failing since its deploy', async () => {
    const release = await mergeByRule();
    await world.report(release, { ...probe, count: 2 });
    expect(await world.pass()).toMatchObject({ state: 'soaking' });
    expect(reverts()).toEqual([]);
    await world.report(release, probe);
    // The fixer does not hear that it was opened, and a person is faster in closing it.
    world.github.faults.push({ kind: 'lost', operation: 'pulls/create' });
    await world.pass();
    world.github.closePull(2);
    const incident = await world.pass();
    expect(incident).toMatchObject({
      state: 'needs_person',
      reason: expect.stringMatching(/probe failed 3 times.*GET \/healthz answered 500.*\/pull\/2/) as string,
    });
    await world.report(release, probe);
    await world.pass();
    expect(reverts()).toHaveLength(1);
    expect(world.news.filter((text) => text.includes('takes the automatic merge back'))).toHaveLength(1);
    const row = (await world.outcomes()).find(({ errorType }) => errorType === 'TypeError');
    expect(row).toMatchObject({ resolved: 20, auto_merged: 1, reverted: 1 });
  });

  it('is kept when the probe failed before, and when a person merged it', async () => {
    await enable(20);
    await world.report(world.base, { ...probe, count: 5 });
    await propose();
    const release = world.merge();
    await world.pass();
    await world.sign(release);
    await world.pass();
    await world.report(release, { ...probe, fingerprint: 'v1:bbbbbbbbbbbbbbbb', count: 5 });
    await world.report(release);
    expect(await world.pass()).toMatchObject({ state: 'regressed' });
    expect(reverts()).toEqual([]);
  });

  it('is said to be undone by hand where later changes stand against it', async () => {
    const release = await mergeByRule();
    world.git('fetch', '--quiet', world.bare, 'main');
    world.git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    world.write('src/discount.js', 'export const discount = () => 7;\n');
    world.git('commit', '--quiet', '-am', 'Another way');
    world.git('push', '--quiet', world.bare, 'HEAD:main');
    await world.report(release, { ...probe, count: 3 });
    expect(await world.pass()).toMatchObject({
      state: 'needs_person',
      reason: expect.stringContaining('undo it by hand') as string,
    });
    expect(reverts()).toEqual([]);
  });
});
