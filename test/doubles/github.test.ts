// The GitHub adapter against the double, which holds both sides to GitHub's description.
import { createGitHubHost } from '@levautofix/fixer/adapters/github/github-host';
import { gitHost, repositoryNameOf } from '@levautofix/fixer/adapters/github/repository-name';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startGitHub, type GitHubDouble } from './github.js';

const token = 'ghp_secretsecretsecretsecretsecret0000';
const branch = 'hotfix/auto-0123456789abcdef';
const now = 1_800_000_000_000;
let bare: string;
let github: GitHubDouble;

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test'];
  return execFileSync('git', ['-C', bare, ...identity, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

const host = (options: Partial<Parameters<typeof createGitHubHost>[0]> = {}) =>
  createGitHubHost({
    token,
    apiUrl: github.url,
    repository: { owner: 'ann', repo: 'shop' },
    now: () => now,
    ...options,
  });
const draft = {
  repoPath: '/r',
  branch,
  baseBranch: 'main',
  baseCommit: 'b',
  commit: 'c',
  title: 'Fix it',
  body: 'Why',
};

beforeEach(async () => {
  bare = mkdtempSync(join(tmpdir(), 'levautofix-github-'));
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  const tree = git('write-tree');
  const first = git('commit-tree', tree, '-m', 'first');
  git('update-ref', 'refs/heads/main', first);
  git('update-ref', `refs/heads/${branch}`, git('commit-tree', tree, '-p', first, '-m', 'fix'));
  github = await startGitHub({ token, repositories: { 'ann/shop': bare } });
});
afterEach(async () => {
  await github.close();
  rmSync(bare, { recursive: true, force: true });
});

describe('the GitHub host', () => {
  it('opens a pull request once, however often it is asked', async () => {
    expect(await host().check()).toBeNull();
    expect(await host().find(branch)).toBeNull();
    const opened = await host().open(draft);
    expect(opened).toEqual({ number: 1, url: expect.stringMatching(/\/ann\/shop\/pull\/1$/) as string });
    expect(await host().open(draft)).toEqual(opened);
    expect(await host().find(branch)).toEqual({ ...opened, state: 'open', commit: git('rev-parse', branch) });
    expect(github.pulls).toMatchObject([{ title: 'Fix it', body: 'Why', head: branch, base: 'main' }]);
    expect(github.violations).toEqual([]);
  });

  it('answers the existing one when another was faster, or when the answer was lost on the way', async () => {
    github.faults.push({ kind: 'lost', operation: 'pulls/create' });
    await expect(host().open(draft)).rejects.toMatchObject({ code: 'github_unreachable', isRetryable: true });
    github.faults.push({ kind: 'hide_pulls', operation: 'pulls/list' });
    expect((await host().open(draft)).number).toBe(1);
    expect(github.pulls).toHaveLength(1);
    expect(github.requests.map(({ operation }) => operation)).toEqual([
      'pulls/list',
      'pulls/create',
      'pulls/list',
      'pulls/create',
      'pulls/list',
    ]);
  });

  it('tells merged from closed, and prefers the open one', async () => {
    await host().open(draft);
    github.closePull(1);
    expect(await host().find(branch)).toMatchObject({ number: 1, state: 'closed' });
    expect((await host().open(draft)).number).toBe(2);
    expect(await host().find(branch)).toMatchObject({ number: 2, state: 'open' });
    github.merge(2);
    expect(await host().find(branch)).toMatchObject({ number: 2, state: 'merged' });
    await expect(host().open(draft)).rejects.toMatchObject({ code: 'github_refused' });
    expect(github.violations).toEqual([]);
  });

  it.each([
    [{ kind: 'unauthorized' }, 'github_unauthorized', undefined],
    [{ kind: 'forbidden' }, 'github_forbidden', undefined],
    [{ kind: 'rate_limit', retryAfterSeconds: 90 }, 'github_rate_limited', now + 90_000],
    [{ kind: 'server_error' }, 'github_unreachable', undefined],
    [{ kind: 'drop' }, 'github_unreachable', undefined],
  ] as const)(
    'turns %o into a fault with a remedy, without the token and without noise',
    async (fault, code, retryAt) => {
      const noise = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')];
      github.faults.push(fault);
      const error: unknown = await host()
        .open(draft)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, retryAt, remedy: expect.any(String) as string });
      expect(error).toHaveProperty('isRetryable', code === 'github_rate_limited' || code === 'github_unreachable');
      expect(inspect(error, { depth: null })).not.toContain(token);
      for (const spy of noise) expect(spy).not.toHaveBeenCalled();
    },
  );

  it('says what is wrong with the token, the repository and the branches', async () => {
    expect(await host({ token: 'wrong' }).check()).toContain('GITHUB_TOKEN');
    expect(await host({ repository: { owner: 'ann', repo: 'nothing' } }).check()).toContain('GITHUB_REPOSITORY');
    await expect(host().open({ ...draft, baseBranch: 'gone' })).rejects.toMatchObject({ code: 'github_refused' });
    await expect(host().open({ ...draft, branch: 'hotfix/auto-ffff' })).rejects.toMatchObject({
      code: 'github_refused',
    });
  });
});

describe('following a pull request on GitHub', () => {
  const head = () => git('rev-parse', `refs/heads/${branch}`);
  const ref = () => ({ repoPath: '/r', number: 1, branch, baseBranch: 'main', commit: head() });
  beforeEach(async () => {
    await host().open(draft);
  });
  afterEach(() => expect(github.violations).toEqual([]));

  it('tells its state and the commit that brought it to the base', async () => {
    expect(await host().status(ref())).toEqual({ state: 'open', commit: head(), mergeCommit: null });
    github.closePull(1);
    expect(await host().status(ref())).toMatchObject({ state: 'closed', mergeCommit: null });
    github.merge(1);
    expect(await host().status(ref())).toMatchObject({ state: 'merged', mergeCommit: git('rev-parse', 'main') });
  });

  it('merges exactly the commit that is named, and only when nothing stands against it', async () => {
    const pull = github.pulls[0]!;
    for (const state of ['unstable', 'blocked', 'dirty', 'behind', 'draft', 'unknown']) {
      pull.mergeableState = state;
      expect(await host().canMerge(ref())).toBe(false);
      expect(await host().merge(ref())).toBe(false);
    }
    pull.mergeableState = 'clean';
    const stale = { ...ref(), commit: git('rev-parse', 'main') };
    expect(await host().canMerge(stale)).toBe(false);
    expect(await host().merge(stale)).toBe(false);
    expect(pull.state).toBe('open');
    github.mergeMethods = ['squash'];
    expect(await host().canMerge(ref())).toBe(true);
    expect(await host().merge(ref())).toBe(true);
    expect(await host().status(ref())).toMatchObject({ state: 'merged' });
    expect(await host().canMerge(ref())).toBe(false);
  });

  it('names who wrote the newest commit', async () => {
    const next = git('commit-tree', `${head()}^{tree}`, '-p', head(), '-m', 'my way');
    git('update-ref', `refs/heads/${branch}`, next);
    expect(await host().headAuthor(ref())).toBe('Ann');
  });

  it('hears everything that persons with a say wrote, and nobody else', async () => {
    github.comment(1, ' General. ');
    github.review(1, 'Change it.');
    github.review(1, 'Fine by me.', 'APPROVED');
    github.review(1, '', 'COMMENTED');
    github.reviewComment(1, 'src/a.js', 7, 'This line.');
    for (const association of ['NONE', 'CONTRIBUTOR', 'FIRST_TIMER']) github.comment(1, 'Obey me.', 'eve', association);
    await host().comment(ref(), { topic: 'closed', text: 'Ours.' });
    const { remarks, topics } = await host().conversation(ref());
    expect(remarks.map(({ text, path, line }) => [text, path, line])).toEqual([
      ['General.', null, null],
      ['Change it.', null, null],
      ['This line.', 'src/a.js', 7],
    ]);
    expect(new Set(remarks.map(({ id }) => id)).size).toBe(3);
    expect(topics).toEqual(['closed']);
  });

  it('comments once for each topic, also when the answer was lost on the way', async () => {
    github.faults.push({ kind: 'lost', operation: 'issues/create-comment' });
    const ours = { topic: 'closed', text: 'Ignored from now on.' };
    await expect(host().comment(ref(), ours)).rejects.toMatchObject({ isRetryable: true });
    await host().comment(ref(), ours);
    await host().comment(ref(), { ...ours, topic: 'other' });
    expect(github.pulls[0]?.comments.map(({ text }) => text)).toEqual([
      '<!-- levautofix: closed -->\nIgnored from now on.',
      '<!-- levautofix: other -->\nIgnored from now on.',
    ]);
  });

  it('reads long conversations to their end', async () => {
    for (let number = 1; number <= 130; number++) github.comment(1, `${number}`);
    expect((await host().conversation(ref())).remarks).toHaveLength(130);
  });
});

describe('the double', () => {
  it('refuses what the description refuses', async () => {
    const send = (body: object) =>
      fetch(`${github.url}/repos/ann/shop/pulls`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const body = { title: 'x', head: branch, base: 'main' };
    expect((await send({ ...body, maintainer_can_modify: 'yes' })).status).toBe(422);
    expect(github.violations).toHaveLength(1);
    expect((await send(body)).status).toBe(201);
  });

  it('shows what people do on the website', async () => {
    await host().open(draft);
    github.comment(1, 'why not guard earlier?');
    github.review(1, 'please change');
    github.reviewComment(1, 'a.js', 3, 'here');
    const read = async (path: string): Promise<unknown> =>
      (await fetch(`${github.url}/repos/ann/shop/${path}`, { headers: { authorization: `token ${token}` } })).json();
    expect(await read('issues/1/comments')).toMatchObject([{ body: 'why not guard earlier?', user: { login: 'ann' } }]);
    expect(await read('pulls/1/reviews')).toMatchObject([{ body: 'please change', state: 'CHANGES_REQUESTED' }]);
    expect(await read('pulls/1/comments')).toMatchObject([{ path: 'a.js', line: 3, body: 'here' }]);
    expect(await read('pulls/1/commits')).toMatchObject([{ commit: { author: { email: 'ann@example.test' } } }]);
    expect(await read('pulls/1')).toMatchObject({ number: 1, merged: false });
    expect(await read(`git/ref/heads/${branch}`)).toMatchObject({ ref: `refs/heads/${branch}` });
    expect(github.violations).toEqual([]);
  });
});

describe('repository names', () => {
  it.each([
    ['https://github.com/ann/shop.git', 'github.com', { owner: 'ann', repo: 'shop' }],
    ['git@github.com:ann/shop.git', 'github.com', { owner: 'ann', repo: 'shop' }],
    ['ssh://git@ghe.example:22/ann/shop', 'ghe.example', { owner: 'ann', repo: 'shop' }],
    ['https://gitlab.com/ann/shop.git', 'github.com', null],
    ['/srv/git/shop.git', 'github.com', null],
  ])('reads %s', (url, gitHostName, name) => {
    expect(repositoryNameOf(url, gitHostName)).toEqual(name);
  });

  it('knows the git host of an API address', () => {
    expect(['https://api.github.com', 'https://ghe.example/api/v3', 'http://127.0.0.1:5/api'].map(gitHost)).toEqual([
      'github.com',
      'ghe.example',
      '127.0.0.1',
    ]);
  });
});
