// Turns what git said into faults for people, with everything secret taken out.
import { Fault } from '@levautofix/service-kit/fault';
import { withoutPasswords } from '../../domain/without-passwords.js';
import type { GitOutcome } from './run-git.js';

/** For commands whose failure has no better explanation than git's own words. */
export function gitFailed(args: string[], { exitCode, stderr }: GitOutcome): Fault {
  return new Fault({
    code: 'git_failed',
    message: `git ${args[0]} failed (exit ${exitCode}): ${quoteGit(stderr)}`,
    remedy: 'Run "git fsck" in the repository and check that its files are readable and that the disk is not full.',
  });
}

/** The first lines of an error output, without credentials in addresses or headers. */
export function quoteGit(stderr: string): string {
  return withoutPasswords(stderr)
    .replace(/(authorization:\s*\w+)\s+\S+/gi, '$1 [redacted]')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'))
    .slice(0, 6)
    .join(' ')
    .slice(0, 600);
}
