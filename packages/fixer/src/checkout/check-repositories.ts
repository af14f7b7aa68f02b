// Looks at the repositories before anything is taken in: a path or a branch that is wrong is told at the start, not by the first job.
import { describeError, Fault } from '@levautofix/service-kit/fault';
import type { Service } from '../domain/service.js';
import type { Repository } from '../ports/repository.js';

/** @throws the fault of the one repository that is no use, or one that tells of them all. */
export async function checkRepositories(
  repository: Pick<Repository, 'check'>,
  services: readonly Pick<Service, 'name' | 'repoPath' | 'baseBranch'>[],
): Promise<void> {
  const looks = services.map(({ repoPath, baseBranch }) => repository.check(repoPath, baseBranch));
  const refused = (await Promise.allSettled(looks)).flatMap((look, index) =>
    look.status === 'rejected' ? [{ name: services[index]?.name, reason: look.reason as unknown }] : [],
  );
  const [first, ...others] = refused;
  if (first === undefined) return;
  if (others.length === 0) throw first.reason;
  throw new Fault({
    code: 'repositories_unusable',
    message: `${refused.length} repositories cannot be worked on:\n${refused.map(({ name, reason }) => `  ${name}: ${describeError(reason)}`).join('\n')}\n`,
    remedy: 'Correct these, then start again.',
  });
}
