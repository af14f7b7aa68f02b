// Chooses the box that agents, builds and tests run in.
import { Fault } from '@levautofix/service-kit/fault';
import { detectBubblewrap } from '../adapters/bubblewrap/bubblewrap-sandbox.js';
import { NoSandbox } from '../adapters/no-sandbox/no-sandbox.js';
import type { FixerConfig } from '../config/config.js';
import type { ProcessRunner } from '../ports/process-runner.js';
import type { Sandbox } from '../ports/sandbox.js';

export async function chooseSandbox(
  mode: FixerConfig['sandbox'],
  runner: ProcessRunner,
  nodePath: string,
  scratchFolder: string,
): Promise<Sandbox> {
  if (mode === 'off') return new NoSandbox();
  const { sandbox, reason } = await detectBubblewrap(runner, { nodePath, scratchFolder });
  if (sandbox) return sandbox;
  throw new Fault({
    code: 'sandbox_unavailable',
    message: `There is no working sandbox: ${reason}`,
    remedy:
      'Install bubblewrap (apt install bubblewrap) and allow user namespaces, or set SANDBOX=off to run agents and tests uncontained.',
  });
}
