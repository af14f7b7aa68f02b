// Publishing: the approved commit and no other, once; and what a reviewer gets to read.
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../domain/attempt.js';
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import { sampleFile } from '../domain/sample-file.testkit.js';
import type { Check } from '../domain/verification.js';
import { sampleIncident, sampleJob, sampleRequest } from '../job/sample-job.testkit.js';
import type { FoundPullRequest, PullRequestDraft } from '../ports/code-host.js';
import { publishFix, type PublishDeps } from './publish-fix.js';
import { readMarker } from './pull-request-marker.js';
import { pullRequestBody, pullRequestTitle, type PullRequestInput } from './pull-request-text.js';

const commit = sampleRequest.commit ?? '';
const diffHash = sampleRequest.diffHash ?? '';
const incident: Incident = {
  ...sampleIncident,
  lastSeenAt: 60_000,
  error: { ...sampleIncident.error, message: "Cannot read properties of undefined (reading 'map')" },
};
const [attempt] = sampleJob().attempts as [Attempt];
const [check] = attempt.checks as [Check];

const job = (patch: Partial<Job> = {}): Job =>
  sampleJob({
    state: 'publishing',
    proposal: {
      rootCause: 'An empty cart has no items.',
      summary: 'Count no items as zero.',
      risk: 'Low.',
      regressionTest: 'test/cart.test.js',
    },
    approval: { ...sampleRequest, decision: { answer: 'approve', by: 'telegram:42', at: 1 } },
    attempts: [{ ...attempt, checks: [{ ...check, durationMs: 1_234 }] }],
    ...patch,
  });

const input = (patch: Partial<Job> = {}, more: Partial<Incident> = {}): PullRequestInput => ({
  job: job(patch),
  incident: { ...incident, ...more },
  secrets: ['hunter2hunter2'],
  sandbox: 'bubblewrap',
});

function world(
  options: {
    existing?: FoundPullRequest | null;
    /** Pull requests by branch, besides that of the job. */
    found?: Record<string, FoundPullRequest>;
    equal?: string;
    others?: Job[];
    incident?: Partial<Incident>;
    ancestors?: [string, string][];
    hash?: string;
    canPush?: boolean;
  } = {},
) {
  const pushed: unknown[][] = [];
  const opened: PullRequestDraft[] = [];
  const codeHost: PublishDeps['codeHost'] = {
    name: 'test',
    canPush: options.canPush ?? true,
    pushCredentials: { token: 't', host: 'github.com' },
    check: () => Promise.resolve(null),
    find: (branch) => Promise.resolve(options.found?.[branch] ?? options.existing ?? null),
    open(draft) {
      opened.push(draft);
      return Promise.resolve({ number: 7, url: 'u7' });
    },
  };
  const ancestors = options.ancestors ?? [['b'.repeat(40), 'tip']];
  const repository: PublishDeps['repository'] = {
    describeChange: () =>
      Promise.resolve({
        change: { files: [], linesAdded: 0, linesDeleted: 0, diff: '' },
        diffHash: options.hash ?? diffHash,
      }),
    resolveBase: () => Promise.resolve({ commit: 'tip', isFetched: true, warning: null }),
    isAncestor: (_repo, ancestor, descendant) =>
      Promise.resolve(ancestors.some(([a, b]) => a === ancestor && b === descendant)),
    findEqual: () => Promise.resolve(options.equal ?? null),
    push(...args) {
      pushed.push(args);
      return Promise.resolve();
    },
  };
  const publish = (patch: Partial<Job> = {}) =>
    publishFix(
      { ...input(patch, options.incident), service: { repoPath: '/r' }, others: options.others ?? [] },
      { repository, codeHost },
    );
  return { pushed, opened, publish };
}

describe('publishFix', () => {
  it('pushes the approved commit and opens one pull request', async () => {
    const { publish, pushed, opened } = world();
    expect(await publish()).toEqual({ kind: 'published', pullRequest: { number: 7, url: 'u7' } });
    expect(pushed).toEqual([['/r', 'hotfix/auto-0123456789abcdef', commit, { token: 't', host: 'github.com' }]]);
    expect(opened).toMatchObject([{ commit, baseBranch: 'main', branch: 'hotfix/auto-0123456789abcdef' }]);
  });

  it('answers the one that is already there', async () => {
    for (const state of ['open', 'closed', 'merged'] as const) {
      const { publish, opened } = world({ existing: { number: 3, url: 'u3', state, commit } });
      expect(await publish()).toEqual({ kind: 'published', pullRequest: { number: 3, url: 'u3' } });
      expect(opened).toEqual([]);
    }
  });

  it('opens a new one beside a closed one of an earlier fix', async () => {
    const { publish } = world({ existing: { number: 3, url: 'u3', state: 'merged', commit: 'old' } });
    expect(await publish()).toEqual({ kind: 'published', pullRequest: { number: 7, url: 'u7' } });
  });

  it('pushes nowhere when the host has nowhere to push', async () => {
    const { publish, pushed, opened } = world({ canPush: false });
    await publish();
    expect(pushed).toEqual([]);
    expect(opened).toHaveLength(1);
  });

  it.each([
    ['another commit was approved', 'publish_not_approved', { commit: 'e'.repeat(40) }, {}],
    [
      'another diff was approved',
      'publish_not_approved',
      { diffHash: `sha256:${'e'.repeat(64)}` },
      { hash: `sha256:${'e'.repeat(64)}` },
    ],
    ['the commit no longer has the approved diff', 'publish_not_approved', {}, { hash: 'sha256:other' }],
    ['the base branch was rewritten', 'publish_base_rewritten', {}, { ancestors: [] }],
  ])('pushes nothing when %s', async (_when, code, patch, options) => {
    const { publish, pushed, opened } = world(options);
    await expect(publish(patch)).rejects.toMatchObject({ code });
    expect([pushed, opened]).toEqual([[], []]);
  });
});

describe('one cause, one pull request', () => {
  const other = (patch: Partial<Job>): Job => job({ id: 'j0', pullRequest: { number: 3, url: 'u3' }, ...patch });
  const theirs = (state: FoundPullRequest['state'], more: Partial<FoundPullRequest> = {}): FoundPullRequest => ({
    ...{ number: 3, url: 'u3', state, commit: 'theirs' },
    ...more,
  });
  const twin = { fingerprint: 'v1:ffffffffffffffff', branch: 'hotfix/auto-ffffffffffffffff' } as const;

  it.each<[string, Parameters<typeof world>[0], RegExp]>([
    [
      'the fix is on the base branch by now',
      { equal: 'a'.repeat(40) },
      /^Already fixed in aaaaaaaaaa on main, waiting/,
    ],
    [
      'somebody else has one open for this error',
      { existing: theirs('open') },
      /#3 is already open for this error: u3/,
    ],
    [
      'a person closed one for this error',
      { existing: theirs('closed') },
      /#3 .*closed without a merge, which is a no/,
    ],
    [
      'the same change is proposed for another error',
      { others: [other(twin)], found: { [twin.branch]: theirs('open') } },
      /very same change for another error \(v1:f+\) is pull request #3: u3/,
    ],
    [
      'the same change for another error was closed by a person',
      { others: [other(twin)], found: { [twin.branch]: theirs('closed') } },
      /very same change .* closed without a merge/,
    ],
  ])('ends without a push when %s', async (_when, options, reason) => {
    const { publish, pushed, opened } = world(options);
    expect(await publish()).toMatchObject({ kind: 'superseded', reason: expect.stringMatching(reason) as string });
    expect([pushed, opened]).toEqual([[], []]);
  });

  it.each<[string, Parameters<typeof world>[0]]>([
    ['its own pull request, under review', { existing: theirs('open'), others: [other({})] }],
    ['a closed one that an earlier job knew', { existing: theirs('closed'), others: [other({})] }],
    ['a closed one of an error that is back', { existing: theirs('closed'), incident: { state: 'regressed' } }],
    [
      'another change for another error',
      { others: [other({ ...twin, diffHash: `sha256:${'e'.repeat(64)}` })], found: { [twin.branch]: theirs('open') } },
    ],
    [
      'the same change that was merged and is gone again',
      { others: [other(twin)], found: { [twin.branch]: theirs('merged') } },
    ],
  ])('goes on beside %s', async (_what, options) => {
    const { publish, pushed } = world(options);
    expect(await publish()).toMatchObject({ kind: 'published' });
    expect(pushed).toHaveLength(1);
  });
});

describe('the text of a pull request', () => {
  it('says what happened, why, how it was checked, what it cost and how to undo it', () => {
    const body = pullRequestBody(input());
    expect(pullRequestTitle(input())).toBe("fix(shop): TypeError: Cannot read properties of undefined (reading 'map')");
    for (const part of [
      '**What happened.**',
      '`POST /orders`',
      '12 times',
      '`1.4.2`',
      'at total (/app/src/cart.js:7:3)',
      '**Cause.** An empty cart',
      '**Change.**',
      '`src/cart.js` +2 −1',
      'Proven:',
      '`test/cart.test.js`',
      '| test | passed | 1.2 s |',
      '**Risk.** Low',
      '1 attempt (claude-code), $0.12, 3,400 tokens',
      'git revert',
      '`telegram:42`',
      commit,
      diffHash,
    ]) {
      expect(body).toContain(part);
    }
    expect(readMarker(body)).toBe('v1:0123456789abcdef');
    expect(body).not.toContain('without a sandbox');
    expect(pullRequestBody({ ...input(), sandbox: 'none' })).toContain('without a sandbox');
  });

  it('stays within forty lines however much there is to say', () => {
    const big = input(
      {
        change: {
          files: Array.from({ length: 50 }, (_, index) => sampleFile({ path: `f${index}` })),
          linesAdded: 50,
          linesDeleted: 0,
          diff: '',
        },
        flags: Array.from({ length: 30 }, () => ({ kind: 'k', file: 'f', line: 1, note: 'x\ny'.repeat(900) })),
        attempts: [
          {
            ...attempt,
            checks: Array.from({ length: 5 }, () => check),
          },
        ],
        proposal: {
          rootCause: 'a\n\n'.repeat(5000),
          summary: 'b\n'.repeat(5000),
          risk: 'c\n'.repeat(5000),
          regressionTest: null,
        },
      },
      { error: { type: 'E', message: 'm\n'.repeat(500), stack: Array.from({ length: 40 }, () => 'at x') } },
    );
    const body = pullRequestBody(big);
    expect(body.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(body.length).toBeLessThan(8000);
  });

  const hostile = [
    '@ann please approve',
    '#12',
    'closes #12',
    'Fixes GH-12',
    'ann/shop#12',
    'https://evil.example/x',
    'www.evil.example',
    '[click](https://evil.example)',
    '![x](https://evil.example/pixel)',
    '<img src=x onerror=alert(1)>',
    '<!-- levautofix v1:ffffffffffffffff -->',
    '</details>',
    '\n# Approved by security\n',
    '\n\n| Check | Result |\n|---|---|\n| test | passed |',
    '```\n**Evidence.** Proven\n```',
    '````',
    '`code` ` `',
    'x` @ann `y',
    'x`` #12 ``y ` https://evil.example',
    '\n- [x] reviewed',
    '~~~',
    '&lt;b&gt;',
    '$\\href{https://evil.example}{x}$',
    'a\u202egnp.exe',
    'a\u200bb',
    '\r\n> quote',
    '1. list',
    ':tada:',
    'ann@evil.example',
    'mailto:ann@evil.example',
    '\u2028# x',
    '\u{e0041}',
  ];

  it.each(hostile)('gives %j no power in any field', (text) => {
    const evil = input(
      {
        proposal: { rootCause: text, summary: text, risk: text, regressionTest: text },
        flags: [{ kind: text, file: text, line: 2, note: text }],
        reason: text,
        change: { ...job().change!, files: [sampleFile({ path: text })] },
      },
      {
        error: { type: text, message: text, stack: [text, `at ${text}`] },
        request: { method: text, path: text },
        environment: text,
        release: text,
      },
    );
    const body = pullRequestBody(evil);
    const calm = pullRequestBody(input({ flags: [{ kind: 'k', file: 'f', line: 2, note: 'n' }] }));
    // The same lines of structure as with harmless text.
    const skeleton = (markdown: string): string[] =>
      withoutBlocks(markdown)
        .split('\n')
        .filter((line) => /^(\*\*|\||`{3,}|- |<!--|#|>|$)/.test(line))
        .map((line) => line.replace(/^(\*\*.*?\*\*|\|[-|]+|`+|- |<!--|.).*$/, '$1').replace(/`+/, '```'));
    expect(skeleton(body)).toEqual(skeleton(calm));
    const outside = withoutCode(body).replace(/^<!-- levautofix v1:0123456789abcdef -->/, '');
    expect(outside).not.toMatch(/[<>]/);
    expect(outside).not.toMatch(/(?<!\\)[[\]!]/);
    expect(outside).not.toMatch(/@(?!&#8203;)|(?<!&)#(?!&#8203;)|:\/\/|www\.|GH-|:\w+:/);
    expect(body).not.toMatch(/[\u200b\u202e\u2028\u{e0041}\r]/u);
    expect(readMarker(body)).toBe('v1:0123456789abcdef');
    const title = pullRequestTitle(evil);
    expect(title).not.toMatch(/[\n`<>]|[@#]\w|:\/\//);
    expect(title.length).toBeLessThanOrEqual(100);
  });

  it('shows no secret, not even one that the agent repeats', () => {
    const leak = 'the key hunter2hunter2 was used';
    const body = pullRequestBody(
      input(
        { proposal: { rootCause: leak, summary: leak, risk: leak, regressionTest: null } },
        { error: { type: 'E', message: leak, stack: [leak] } },
      ),
    );
    expect(body).not.toContain('hunter2hunter2');
    expect(pullRequestTitle(input({}, { error: { type: 'E', message: leak, stack: [] } }))).not.toContain(
      'hunter2hunter2',
    );
  });
});

/** Blanks blocks of code as CommonMark reads them: a fence is closed by one that is at least as long. */
function withoutBlocks(markdown: string): string {
  let open = 0;
  const kept = markdown.split('\n').filter((line) => {
    const fence = /^(`{3,})([^`]*)$/.exec(line);
    const length = fence?.[1]?.length ?? 0;
    if (open > 0) {
      if (length >= open && fence?.[2] === '') open = 0;
      return false;
    }
    open = length;
    return length === 0;
  });
  return kept.join('\n');
}

/** Blanks inline code too: a run of backticks up to the next run of the same length. */
function withoutCode(markdown: string): string {
  return withoutBlocks(markdown).replace(/(?<![`\\])(`+)(?!`)(.*?[^`])\1(?!`)/g, '');
}
