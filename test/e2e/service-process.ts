// Starts a compiled service as a real process and watches what it prints.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface ServiceProcess {
  readonly pid: number;
  /** Everything printed so far, both streams. */
  readonly output: string;
  /** Waits until the output holds a match and answers it. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: the process gets no chance to tidy up. */
  kill(): Promise<void>;
}

/** The environment holds only what is given, so that nothing of the developer's own set-up takes part. */
export function startService(name: 'watcher' | 'fixer', args: string[], env: Record<string, string>): ServiceProcess {
  const child = spawn(process.execPath, [join(root, 'packages', name, 'dist/main.js'), ...args], {
    cwd: env.HOME,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    pid: child.pid ?? 0,
    get output() {
      return output;
    },
    waitFor: (pattern) =>
      until(`${name} to print ${String(pattern)}`, () => {
        const match = pattern.exec(output);
        if (!match && child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${output}`);
        return match;
      }),
    stop: () => end(child, 'SIGTERM', exited),
    kill: async () => void (await end(child, 'SIGKILL', exited)),
  };
}

/** Polls until `probe` answers something; a real process has no clock that a test could move. */
export async function until<T>(what: string, probe: () => T | Promise<T>, withinMs = 60_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  return exited;
}
