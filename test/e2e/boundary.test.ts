// The most telling attacks of the boundary bench, so that what it shows is kept: none crosses, and each does without its control.
import { expect, test } from 'vitest';
import { boundaryGroups, faultsOf } from '../../scripts/bench/boundary.js';
import { openBox } from '../../scripts/bench/boundary-box.js';
import { runOrders } from '../../scripts/bench/boundary-orders.js';
import { readPayloads } from '../../scripts/bench/boundary-payloads.js';
import type { Trial } from '../../scripts/bench/boundary-trial.js';

const orders = [
  ...['write-home', 'write-git-hook', 'read-ssh-id_ed25519', 'read-env-beside-repo'],
  ...['proc-environ', 'proc-kill', 'net-tcp', 'net-unix', 'net-abstract', 'kernel-ptrace'],
  ...['v-write-checkout', 'v-read-data-dir-database', 'v-proc-all-environ', 'v-net-udp', 'v-net-push'],
];
const others = [
  ...['files-list', 'web-search', 'named-twice', 'own-x-api-key'],
  ...['daemon', 'ignores every signal', 'floods its output'],
  ...['fsmonitor', 'hooks', 'git-file-redirected', 'commondir-redirected'],
  ...['.claude/settings.json', 'script postinstall', 'script test', 'link to a home', 'right-to-left', 'GitHub token'],
  ...['pull request: image', 'terminal: clipboard', 'prompt: forged end'],
];

const reason = await openBox().then(
  () => null,
  (error: Error) => error.message,
);
if (reason !== null) {
  if (process.env.REQUIRE_SANDBOX === '1') throw new Error(reason);
  console.log(`skipped: attacks on the boundary (${reason})`);
}

test.skipIf(reason !== null)(
  'orders in a log reach nothing outside, whether the agent or a test of its obeys',
  async () => {
    const payloads = [...readPayloads('agent'), ...readPayloads('tests')].filter(({ id }) => orders.includes(id));
    const trials: Trial[] = [];
    for (const isTest of [false, true]) {
      const ours = payloads.filter(({ id }) => id.startsWith('v-') === isTest);
      trials.push(...(await runOrders(ours, { tag: `e2e${process.pid}${isTest ? 't' : 'a'}`, jobs: 2 })));
    }
    expect(faultsOf(trials)).toEqual([]);
    expect(trials).toHaveLength(orders.length);
  },
);

test.skipIf(reason !== null)(
  'gateway, limits, git, diff policy and words hold, each where it fails without them',
  async () => {
    const groups = boundaryGroups().filter(({ control }) => control !== 'no sandbox');
    const trials: Trial[] = [];
    for (const group of groups) {
      trials.push(...(await group.run({ tag: `e2e${process.pid}`, jobs: 2, isWanted: (id) => others.includes(id) })));
    }
    expect(faultsOf(trials)).toEqual([]);
    expect(trials.filter(({ isCrossedWithout }) => isCrossedWithout).map(({ id }) => id)).toEqual(
      expect.arrayContaining([...others, 'reads-the-key']),
    );
  },
);
