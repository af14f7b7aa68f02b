import { Fault } from '@levautofix/service-kit/fault';
import { expect, it } from 'vitest';
import { checkRepositories } from './check-repositories.js';

const repository = {
  check: (repoPath: string) =>
    repoPath === '/good'
      ? Promise.resolve()
      : Promise.reject(new Fault({ code: 'missing', message: `No ${repoPath}.`, remedy: 'Make it.' })),
};
const service = (name: string, repoPath: string) => ({ name, repoPath, baseBranch: 'main' });

it('lets repositories pass that can be worked on', async () => {
  await expect(checkRepositories(repository, [service('a', '/good')])).resolves.toBeUndefined();
});

it('tells of the one that cannot in its own words', async () => {
  const services = [service('a', '/good'), service('b', '/nope')];
  await expect(checkRepositories(repository, services)).rejects.toMatchObject({ code: 'missing' });
});

it('tells of several at once', async () => {
  const services = [service('a', '/no'), service('b', '/nope')];
  await expect(checkRepositories(repository, services)).rejects.toMatchObject({
    message: '2 repositories cannot be worked on:\n  a: No /no. Make it.\n  b: No /nope. Make it.\n',
  });
});
