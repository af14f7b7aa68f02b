// The sandbox of this machine as the fixer finds it, for attacks that need no whole repair.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoxLimits } from '@levautofix/fixer/adapters/bubblewrap/box-arguments';
import { detectBubblewrap, type BubblewrapSandbox } from '@levautofix/fixer/adapters/bubblewrap/bubblewrap-sandbox';
import { ExecaProcessRunner } from '@levautofix/fixer/adapters/process/execa-process-runner';

export interface Box {
  runner: ExecaProcessRunner;
  sandbox: BubblewrapSandbox;
}

let usual: Promise<Box> | undefined;

/** Throws why there is none. */
export function openBox(limits?: BoxLimits): Promise<Box> {
  return limits ? findBox(limits) : (usual ??= findBox());
}

async function findBox(limits?: BoxLimits): Promise<Box> {
  const runner = new ExecaProcessRunner();
  const scratchFolder = await mkdtemp(join(tmpdir(), 'boundary-box-'));
  const request = { nodePath: process.execPath, scratchFolder, ...(limits ? { limits } : {}) };
  const { sandbox, reason } = await detectBubblewrap(runner, request);
  await rm(scratchFolder, { recursive: true });
  if (!sandbox) throw new Error(reason);
  return { runner, sandbox };
}
