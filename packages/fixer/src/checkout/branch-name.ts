// The name of a job's branch, and of its folder below `.worktrees/`.
import { fingerprintDigits, type Fingerprint } from '@levautofix/contract/fingerprint';

/** `hotfix/auto-` and the 16 hexadecimal digits of the fingerprint, without its version. */
export function branchName(fingerprint: Fingerprint): string {
  return `hotfix/auto-${fingerprintDigits(fingerprint)}`;
}
