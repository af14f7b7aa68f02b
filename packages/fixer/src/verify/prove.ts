// The proof: the regression test fails on the base commit for the reported reason, and passes on the fix every time.
import type { Check } from '../domain/verification.js';
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Service } from '../domain/service.js';
import type { PreparedBase } from './prepare-base.js';
import type { VerifyDeps } from './verify-deps.js';

export interface Proof {
  isProven: boolean;
  /** Why it is not proven; null when it is. */
  reason: string | null;
  checks: Check[];
}

export interface ProofRequest {
  service: Service;
  base: PreparedBase;
  commit: string;
  /** Untrusted path, relative to the repository. */
  regressionTest: string | null;
  error: LoggedError;
  folder: string;
  /** Lays the rules of the base commit over an export. */
  arrange: (folder: string) => Promise<void>;
}

export async function prove(_deps: VerifyDeps, request: ProofRequest, _signal?: AbortSignal): Promise<Proof> {
  if (request.regressionTest === null) return { isProven: false, reason: 'No regression test was named.', checks: [] };
  return { isProven: false, reason: 'The regression test was not run on the base commit.', checks: [] };
}
