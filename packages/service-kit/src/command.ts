// Runs one sub-command of a command line: dispatch, help, exit codes and errors that say what to do next.
import type { Readable, Writable } from 'node:stream';
import { describeError, Fault } from './fault.js';

/** Everything a command may touch of its process. */
export interface CommandIo {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** Absolute path of this Node. */
  execPath: string;
  /** The most memory that the process has taken so far, resident set size in bytes. */
  peakRssBytes: () => number;
  /** Fires at SIGINT or SIGTERM, from when it is first asked for: until then they end the process. */
  signal: AbortSignal;
}

export interface CommandModule {
  /** Answers the exit code; 0 only on success. A Fault `usage` becomes 2, as for every command line that cannot be read. */
  run(args: string[], io: CommandIo): Promise<number>;
}

export interface CommandEntry {
  summary: string;
  /** Loaded when asked for, so that a small command does not pay for a large one. */
  load: () => Promise<CommandModule>;
}

export async function runCommand(
  program: { name: string; summary: string; version?: () => string; commands: Record<string, CommandEntry> },
  [name = '--help', ...args]: string[],
  io: CommandIo,
): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(helpText(program));
    return 0;
  }
  if (name === '--version' && program.version) {
    io.stdout.write(`${program.version()}\n`);
    return 0;
  }
  const entry = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
  if (!entry) {
    io.stderr.write(`${program.name}: there is no command "${name}".\n\n${helpText(program)}`);
    return 2;
  }
  try {
    return await (await entry.load()).run(args, io);
  } catch (error) {
    // commander has already printed its own text for help and usage errors.
    if (isCommanderExit(error)) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${program.name} ${name}: ${describeError(error)}\n`);
    return error instanceof Fault && error.code === 'usage' ? 2 : 1;
  }
}

/** The io of this process. Only a `main.ts` calls it. */
export function processIo(): CommandIo {
  let stopping: AbortSignal | undefined;
  // A reader that closes the pipe early (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    env: process.env,
    cwd: process.cwd(),
    execPath: process.execPath,
    peakRssBytes: () => process.resourceUsage().maxRSS * 1024,
    // Made when they are first asked for: most commands need neither.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    get stderr() {
      return process.stderr;
    },
    // Who asks for it promises to end by it; every other command ends at once, as programs do, even in the middle of a long read.
    get signal() {
      return (stopping ??= abortedBySignals());
    },
  };
}

function abortedBySignals(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  return stopping.signal;
}

function helpText({
  name,
  summary,
  commands,
}: {
  name: string;
  summary: string;
  commands: Record<string, CommandEntry>;
}): string {
  const width = Math.max(...Object.keys(commands).map((key) => key.length));
  const list = Object.entries(commands).map(([key, entry]) => `  ${key.padEnd(width)}  ${entry.summary}`);
  return `${summary}\n\nUsage: ${name} <command> [options]\n\nCommands:\n${list.join('\n')}\n\nEach command has --help.\n`;
}

function isCommanderExit(error: unknown): error is { exitCode: number } {
  return error instanceof Error && error.name === 'CommanderError' && 'exitCode' in error;
}
