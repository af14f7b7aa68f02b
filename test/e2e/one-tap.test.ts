// From a line in a log to a pull request with one tap, on each store; runs alone, because it tells how long a person waits.
import { join } from 'node:path';
import type { JobView } from '@levautofix/contract/job-view';
import { openSharedStore } from '@levautofix/fixer/compose/stores';
import { presentJob } from '@levautofix/fixer/domain/job-presenter';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { approver, goodFix, regressionTest, Road } from './road.js';
import { until, type ServiceProcess } from './service-process.js';
import { openStores } from './stores.js';

const { claude, mongo, stores } = await openStores();
afterAll(() => mongo?.stop());

describe.skipIf(claude === null).each(stores)('the road on %s', (_name, storeOptions) => {
  let road: Road;
  afterEach(() => road.close());
  const chosen = storeOptions();

  /** The job view made from the database itself, beside the running fixer. */
  const storedView = async (id: string) => {
    const store = await openSharedStore({ dataDir: join(road.folder, 'fixer') }, { mongodbUri: chosen.mongodbUri });
    const stored = await store.jobs.get(id).finally(() => store.close());
    return JSON.parse(JSON.stringify(stored && presentJob(stored))) as unknown;
  };

  it('goes from a log line to a pull request with one tap', async () => {
    road = await Road.prepare({ claude: claude ?? '', ...chosen });
    const { bot, github, model } = road;
    await road.startFixer();
    await road.startWatcher();
    model.play(...road.edits([goodFix, regressionTest], { regressionTest: regressionTest.path }));
    await road.fail(3);

    const card = await bot.waitForMessage('TypeError', 60_000);
    const asked = await road.jobIn('awaiting_approval');
    expect(asked, asked.reason ?? '').toMatchObject({ service: 'shop', severity: 'medium', result: 'proven' });
    expect(Object.keys(road.remoteBranches())).toEqual(['main']);
    expect(card.text).toMatch(/TypeError[\s\S]*src\/orders\.js/);
    await road.fixer?.waitFor(/"note":"Asked on telegram/);

    const answer = await bot.press(card.message_id, '✅ Approve Fix', approver);
    expect(answer.text).toContain('Approved');
    const job = await road.jobIn('published');
    expect(github.pulls).toHaveLength(1);
    expect(github.pulls[0]).toMatchObject({ head: job.branch, base: 'main', state: 'open' });
    expect(github.violations).toEqual([]);
    expect(job.pullRequest?.number).toBe(github.pulls[0]?.number);
    expect(road.remoteBranches()[job.branch]).toBe(job.commit);
    expect(job.commit).toBe(asked.commit);
    await until('the card to tell of the pull request', () =>
      bot.messages.get(card.message_id)?.text?.includes('Pull request'),
    );
    await until('the worktree to be gone', async () => (await road.leftovers()).length === 0);
    expect(road.git('status', '--porcelain')).toBe('');
    expect(await road.incidents()).toMatchObject([{ count: 3, state: 'fix_proposed', jobId: job.id }]);
    expect(await road.jobs()).toEqual([await storedView(job.id)]);
    printWaits(road, job);
  });
});

/** Figures for the reader: how long the fixer itself makes a person wait, beyond the checks. */
function printWaits({ watcher, fixer }: Road, { attempts }: JobView): void {
  const at = (service: ServiceProcess | null, matches: (line: LogLine) => boolean) =>
    Date.parse(lineOf(service?.output, matches).time);
  const settled = at(watcher, ({ msg }) => msg === 'incident settled');
  const testing = at(fixer, ({ progress }) => progress?.startsWith('testing') === true);
  const tested = at(fixer, ({ event }) => event === 'worktree_ready');
  const started = at(fixer, ({ progress }) => progress?.startsWith('attempt 1') === true);
  const ended = at(fixer, ({ progress }) => progress === 'the agent has ended');
  const asked = at(fixer, ({ note }) => note?.startsWith('Asked on') === true);
  const checksMs = attempts.flatMap(({ checks }) => checks).reduce((sum, { durationMs }) => sum + durationMs, 0);
  const beforeAgent = started - settled - (tested - testing);
  const afterAgent = asked - ended - checksMs;
  console.log(
    `settle end to agent start: ${beforeAgent} ms; agent end to question: ${afterAgent} ms (beyond the checks)`,
  );
}

interface LogLine {
  time: string;
  msg: string;
  event?: string;
  progress?: string;
  note?: string | null;
}

function lineOf(output: string | undefined, matches: (line: LogLine) => boolean): LogLine {
  const lines = (output ?? '').split('\n').filter((line) => line.startsWith('{'));
  const found = lines.map((line) => JSON.parse(line) as LogLine).find(matches);
  if (!found) throw new Error(`no such line in:\n${output}`);
  return found;
}
