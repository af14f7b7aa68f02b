// What may happen between a line in a log and a pull request: real services, agent, git and database; doubles for the clouds alone.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { approver, goodFix, redFix, regressionTest, Road } from './road.js';
import { openStores } from './stores.js';
import { until } from './service-process.js';

const { claude, mongo, stores } = await openStores();
afterAll(() => mongo?.stop());

describe.skipIf(claude === null).each(stores)('the road on %s', (_name, storeOptions) => {
  let road: Road;
  const open = async (env: Record<string, string> = {}) => {
    road = await Road.prepare({ claude: claude ?? '', env, ...storeOptions() });
    return road;
  };
  afterEach(() => road.close());

  it('publishes nothing after a tap on Skip, and lets the error rest', async () => {
    const { bot, github, model } = await open();
    await road.startFixer();
    await road.startWatcher();
    model.play(...road.edits([goodFix]));
    await road.fail();
    const card = await bot.waitForMessage('TypeError', 60_000);
    const stranger = await bot.press(card.message_id, '✅ Approve Fix', approver + 1);
    expect(stranger.text).toMatch(/not|may/i);
    await bot.press(card.message_id, '❌ Skip', approver);
    const job = await road.jobIn('rejected');
    expect(job).toMatchObject({
      result: 'verified',
      pullRequest: null,
      reason: expect.stringContaining('Skipped') as string,
    });
    await until('everything to be tidied up', async () => (await road.leftovers()).length === 0);
    expect(road.git('branch', '--list', 'hotfix/*')).toBe('');
    await road.fail();
    await until('the error to be counted again', async () => (await road.incidents())[0]?.count === 6);
    expect(await road.incidents()).toMatchObject([{ state: 'skipped' }]);
    expect(await road.jobs()).toHaveLength(1);
    expect(github.pulls).toEqual([]);
  });

  it('says on the card that nobody answered in time', async () => {
    const { bot, github, model } = await open({ APPROVAL_TIMEOUT_MS: '1500' });
    await road.startFixer();
    await road.startWatcher();
    model.play(...road.edits([goodFix]));
    await road.fail();
    const card = await bot.waitForMessage('TypeError', 60_000);
    await road.jobIn('expired');
    await until('the card to say so', () => /expired/i.test(bot.messages.get(card.message_id)?.text ?? ''));
    expect(bot.messages.get(card.message_id)?.reply_markup?.inline_keyboard ?? []).toEqual([]);
    expect(github.pulls).toEqual([]);
  });

  it('continues the session with the failing output when the tests are red, and is green on attempt two', async () => {
    const { bot, model } = await open();
    await road.startFixer();
    await road.startWatcher();
    const corrected = { path: redFix.path, from: 'if (coupon) return 0;', to: 'if (!coupon) return 0;' };
    model.play(
      ...road.edits([redFix]),
      ...road.edits([corrected, regressionTest], { regressionTest: regressionTest.path }),
    );
    await road.fail();
    await bot.waitForMessage('TypeError', 60_000);
    const job = await road.jobIn('awaiting_approval');
    expect(job).toMatchObject({
      result: 'proven',
      attempts: [
        { rung: 'claude-code', outcome: 'failed', checks: [{ name: 'test', status: 'failed' }] },
        { rung: 'claude-code', outcome: 'passed' },
      ],
    });
    const second = JSON.stringify(
      model.requests.find(({ body }) => JSON.stringify(body.messages).includes('attempt 2')),
    );
    expect(second).toContain('takes a coupon off the items');
    expect(second).toContain('if (coupon) return 0;');
  });

  it('gives a clear report when all three attempts are red', async () => {
    const { bot, github, model } = await open();
    await road.startFixer();
    await road.startWatcher();
    const still = (to: string) => ({
      path: redFix.path,
      from: 'if (coupon) return 0;',
      to: `if (coupon) return 0; // ${to}`,
    });
    model.play(
      ...road.edits([redFix]),
      ...road.edits([still('again')]),
      ...road.edits([{ ...still('and again'), from: '// again', to: '// and again' }]),
    );
    await road.fail();
    const report = await bot.waitForMessage('No attempt led to a fix', 90_000);
    const job = await road.jobIn('exhausted');
    expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(report.text).toContain('takes a coupon off the items');
    await until('everything to be tidied up', async () => (await road.leftovers()).length === 0);
    expect(await road.incidents()).toMatchObject([{ state: 'needs_person' }]);
    expect(github.pulls).toEqual([]);
  });

  it('ends the same when the fixer is killed in the middle of a repair', async () => {
    const { bot, github, model } = await open();
    const fixer = await road.startFixer();
    await road.startWatcher();
    const [read, ...rest] = road.edits([goodFix, regressionTest], { regressionTest: regressionTest.path });
    model.play(...(read ? [read] : []), { fault: 'hang' });
    await road.fail();
    await until('the agent to be in the middle', () => model.requests.length >= 2);
    await fixer.kill();
    model.play(...(read ? [read] : []), ...rest);
    await road.startFixer();
    const card = await bot.waitForMessage('TypeError', 60_000);
    await bot.press(card.message_id, '✅ Approve Fix', approver);
    const job = await road.jobIn('published');
    expect(job).toMatchObject({ result: 'proven', attempts: [{ number: 1, outcome: 'passed' }] });
    expect(github.pulls).toHaveLength(1);
    await until('everything to be tidied up', async () => (await road.leftovers()).length === 0);
  });

  it('takes a press on a card that was shown before a restart', async () => {
    const { bot, github, model } = await open();
    const fixer = await road.startFixer();
    await road.startWatcher();
    model.play(...road.edits([goodFix]));
    await road.fail();
    const card = await bot.waitForMessage('TypeError', 60_000);
    await road.jobIn('awaiting_approval');
    await fixer.kill();
    const answer = bot.press(card.message_id, '✅ Approve Fix', approver);
    await road.startFixer();
    expect((await answer).text).toContain('Approved');
    await road.jobIn('published');
    expect(github.pulls).toHaveLength(1);
  });

  it('loses and doubles nothing when the watcher is killed and started again', async () => {
    await open({ REPAIR_LADDER: 'claude-code', CLAUDE_COMMAND: 'no-such-claude' });
    await road.startFixer();
    // The window is still open when the watcher dies.
    const watcher = await road.startWatcher({ SETTLE_MS: '1500', MIN_SEVERITY: 'low' });
    await road.fail(2);
    await until('the occurrences to be seen', async () =>
      /occurrences_total\S* 2\b/.test(await metrics(watcher.output)),
    );
    await watcher.kill();
    await road.fail(1);
    await road.startWatcher({ SETTLE_MS: '300', MIN_SEVERITY: 'low' });
    await until('all to be counted', async () => (await road.incidents())[0]?.count === 3);
    await road.watcher?.kill();
    await road.startWatcher({ SETTLE_MS: '300', MIN_SEVERITY: 'low' });
    await road.fail(4);
    await until('the rest to be counted', async () => ((await road.incidents())[0]?.count ?? 0) >= 7);
    expect((await road.incidents())[0]?.count).toBe(7);
  });

  it('delivers what happened while the fixer was away', async () => {
    await open({ REPAIR_LADDER: 'claude-code', CLAUDE_COMMAND: 'no-such-claude' });
    const fixer = await road.startFixer();
    await fixer.stop();
    const watcher = await road.startWatcher();
    await road.fail(3);
    await watcher.waitFor(/fixer did not take the reports/);
    await road.startFixer();
    await until('the report to arrive', async () => (await road.incidents())[0]?.count === 3);
  });
});

async function metrics(output: string): Promise<string> {
  const url = /(http:\/\/127\.0\.0\.1:\d+)\/healthz/.exec(output)?.[1];
  return (await fetch(`${url}/metrics`)).text();
}
