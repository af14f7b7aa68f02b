// Preparing and sweeping checkouts, against a repository that remembers what it was asked.
import { describe, expect, it } from 'vitest';
import type { Repository } from '../ports/repository.js';
import { branchName } from './branch-name.js';
import { prepareCheckout } from './prepare-checkout.js';
import { sweepCheckouts } from './sweep-checkouts.js';

function recorder(answers: Partial<Repository>): { repository: Repository; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const repository = new Proxy({} as Repository, {
    get:
      (_target, name: keyof Repository) =>
      (...args: unknown[]) => {
        calls.push([name, ...args]);
        return (answers[name] as (...all: unknown[]) => unknown)(...args);
      },
  });
  return { repository, calls };
}

describe('branchName', () => {
  it('carries the digits of the fingerprint without its version', () => {
    expect(branchName('v1:0123456789abcdef')).toBe('hotfix/auto-0123456789abcdef');
  });
});

describe('prepareCheckout', () => {
  it('checks, takes the newest base and hands on its warning', async () => {
    const { repository, calls } = recorder({
      check: () => Promise.resolve(),
      resolveBase: () => Promise.resolve({ commit: 'c1', isFetched: false, warning: 'origin did not answer' }),
      prepareWorktree: (_repo, branch, baseCommit) => Promise.resolve({ path: '/w', branch, baseCommit }),
    });
    const prepared = await prepareCheckout(repository, { repoPath: '/r' }, { branch: 'b', baseBranch: 'main' });
    expect(prepared).toEqual({
      worktree: { path: '/w', branch: 'b', baseCommit: 'c1' },
      warning: 'origin did not answer',
    });
    expect(calls).toEqual([
      ['check', '/r', 'main'],
      ['resolveBase', '/r', 'main'],
      ['prepareWorktree', '/r', 'b', 'c1'],
    ]);
  });
});

describe('sweepCheckouts', () => {
  it('sweeps each repository once, keeps the branches of open jobs and goes on after a fault', async () => {
    const faults: string[] = [];
    const { repository, calls } = recorder({
      sweep: (repoPath) => (repoPath === '/bad' ? Promise.reject(new Error('gone')) : Promise.resolve(2)),
    });
    const services = [{ repoPath: '/a' }, { repoPath: '/bad' }, { repoPath: '/a' }, { repoPath: '/b' }];
    const jobs = [
      { service: 's', branch: 'open', state: 'repairing' as const },
      { service: 's', branch: 'over', state: 'published' as const },
    ];
    expect(await sweepCheckouts(repository, services, jobs, (repoPath) => faults.push(repoPath))).toBe(4);
    expect(calls).toEqual(['/a', '/bad', '/b'].map((repoPath) => ['sweep', repoPath, ['open']]));
    expect(faults).toEqual(['/bad']);
  });
});
