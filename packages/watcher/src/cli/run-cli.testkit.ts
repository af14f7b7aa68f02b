// For tests: runs one command of the watcher in a folder and collects what it prints.
import { PassThrough, Readable } from 'node:stream';
import { runCommand, type CommandModule } from '@levautofix/service-kit/command';
import * as doctor from './doctor.js';
import * as explain from './explain.js';
import * as scan from './scan.js';
import * as start from './start.js';

const modules = { doctor, explain, scan, start } satisfies Record<string, CommandModule>;

export interface CliSurroundings {
  cwd: string;
  env?: Record<string, string>;
  stdin?: readonly (string | Uint8Array)[];
  /** Stopped from the start: a command that watches says where it stands and ends. */
  isStopped?: boolean;
}

export async function runCli(
  args: string[],
  { cwd, env = {}, stdin = [], isStopped = false }: CliSurroundings,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const collect = (key: 'stdout' | 'stderr') =>
    new PassThrough().setEncoding('utf8').on('data', (text: string) => (written[key] += text));
  const commands = Object.fromEntries(
    Object.entries(modules).map(([key, module]) => [key, { summary: key, load: () => Promise.resolve(module) }]),
  );
  const code = await runCommand({ name: 'watcher', summary: '', commands }, args, {
    env,
    cwd,
    execPath: '/node',
    peakRssBytes: () => 50_000_000,
    stdin: Readable.from(stdin.map((chunk) => Buffer.from(chunk as string))),
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    signal: isStopped ? AbortSignal.abort() : new AbortController().signal,
  });
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...written };
}
