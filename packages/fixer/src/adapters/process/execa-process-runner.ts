// Runs programs with execa: a deadline for the whole process group, bounded output, nothing inherited, nothing left behind.
import { statfs } from 'node:fs/promises';
import { kill } from 'node:process';
import { execa } from 'execa';
import type { ProcessOutcome, ProcessRunner, ProcessSpec } from '../../ports/process-runner.js';
import { LineReader } from './line-reader.js';
import { OutputTail } from './output-tail.js';
import { endRemembered, haltAndRemember, type RememberedProcess } from './process-tree.js';

const defaultOutputBytes = 1024 * 1024;
const diskCheckMs = 250;

export interface ProcessRunnerOptions {
  /** Time between the polite signal and the one that cannot be ignored. Default 2 s. */
  killGraceMs?: number;
  /** Time for output still in the pipes once the program itself has ended. Default 250 ms. */
  drainMs?: number;
  /** A program that leaves less room on the disk of its working folder is ended: databases live there too. Default 512 MiB. */
  minFreeBytes?: number;
  freeBytesOf?: (folder: string) => Promise<number>;
}

export class ExecaProcessRunner implements ProcessRunner {
  readonly #killGraceMs: number;
  readonly #drainMs: number;
  readonly #minFreeBytes: number;
  readonly #freeBytesOf: (folder: string) => Promise<number>;

  constructor(options: ProcessRunnerOptions = {}) {
    this.#killGraceMs = options.killGraceMs ?? 2_000;
    this.#drainMs = options.drainMs ?? 250;
    this.#minFreeBytes = options.minFreeBytes ?? 512 * 1024 ** 2;
    this.#freeBytesOf = options.freeBytesOf ?? freeBytesOf;
  }

  async run(spec: ProcessSpec, signal?: AbortSignal): Promise<ProcessOutcome> {
    const startedAt = performance.now();
    const bound = spec.maxOutputBytes ?? defaultOutputBytes;
    const [stdout, stderr, both] = [new OutputTail(bound), new OutputTail(bound), new OutputTail(bound)];
    const ending = { isTimeout: false, isCancelled: false, isDiskFull: false };
    const outcome = (exitCode: number | null, endSignal: string | null, spawnError: string | null): ProcessOutcome => ({
      exitCode,
      signal: endSignal,
      ...ending,
      spawnError,
      stdout: stdout.text(),
      stderr: stderr.text(),
      output: both.text(),
      droppedBytes: stdout.droppedBytes + stderr.droppedBytes,
      durationMs: Math.round(performance.now() - startedAt),
    });
    if (signal?.aborted) {
      ending.isCancelled = true;
      return outcome(null, null, null);
    }

    const child = execa(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      extendEnv: false,
      // Its own process group, so that what it starts can be ended with it.
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      // The types of execa lose sight of the pipes when the list has no fixed length.
      stdio: [
        spec.input === undefined ? 'ignore' : Buffer.from(spec.input),
        'pipe',
        'pipe',
        ...(spec.extraInputs ?? []),
      ] as unknown as ['pipe', 'pipe', 'pipe'],
    });
    // execa settles when the pipes close, which a forgotten grandchild can put off for ever: only a failed start is read from it.
    const settled = child.catch((error: unknown) => error);
    const { pid } = child;
    if (pid === undefined) {
      const failure = (await settled) as { originalMessage?: string; message?: string };
      return outcome(null, null, describeSpawnFailure(spec, failure.originalMessage ?? failure.message ?? ''));
    }

    const lines = spec.onLine && new LineReader(spec.onLine);
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      both.push(chunk);
      lines?.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      both.push(chunk);
    });
    const drained = Promise.all([closed(child.stdout), closed(child.stderr)]);

    let forceTimer: NodeJS.Timeout | undefined;
    let remembered: RememberedProcess[] = [];
    const stop = (reason: keyof typeof ending) => {
      if (forceTimer) return;
      ending[reason] = true;
      remembered = haltAndRemember(pid);
      signalGroup(pid, 'SIGTERM');
      signalGroup(pid, 'SIGCONT');
      forceTimer = setTimeout(() => {
        remembered.push(...haltAndRemember(pid));
        signalGroup(pid, 'SIGKILL');
      }, this.#killGraceMs);
    };
    const cancel = () => stop('isCancelled');
    const deadline = setTimeout(() => stop('isTimeout'), spec.timeoutMs);
    signal?.addEventListener('abort', cancel, { once: true });
    const checkDisk = async () => {
      if ((await this.#freeBytesOf(spec.cwd)) < this.#minFreeBytes) stop('isDiskFull');
    };
    // A disk that cannot be asked is not a full one.
    const diskTimer = setInterval(() => void checkDisk().catch(() => undefined), diskCheckMs);

    const [exitCode, endSignal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once('exit', (code: number | null, name: string | null) => resolve([code, name])),
    );
    clearTimeout(deadline);
    clearTimeout(forceTimer);
    clearInterval(diskTimer);
    signal?.removeEventListener('abort', cancel);
    await endGroup(pid);
    endRemembered(remembered);

    let drainTimer: NodeJS.Timeout | undefined;
    await Promise.race([drained, new Promise((resolve) => (drainTimer = setTimeout(resolve, this.#drainMs)))]);
    clearTimeout(drainTimer);
    for (const stream of child.stdio) stream?.destroy();
    lines?.end();
    return outcome(exitCode, endSignal, null);
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function closed(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.once('end', resolve);
    stream.once('error', () => resolve());
  });
}

/** Ends what the program has left of its group, and waits for a moment until the kernel has done so. */
async function endGroup(pid: number): Promise<void> {
  for (let round = 0; round < 20 && signalGroup(pid, 'SIGKILL'); round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** False when the group is gone already. */
function signalGroup(pid: number, name: NodeJS.Signals): boolean {
  try {
    return kill(-pid, name);
  } catch {
    return false;
  }
}

function describeSpawnFailure({ command, cwd }: ProcessSpec, message: string): string {
  if (/ENOENT/.test(message)) return `${command} was not found (or the folder ${cwd} is missing).`;
  if (/EACCES/.test(message)) return `${command} may not be executed by this user.`;
  if (/E2BIG/.test(message)) return `The arguments for ${command} are too long for this system.`;
  return `${command} could not be started: ${message.split('\n')[0]}`;
}
