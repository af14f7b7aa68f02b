// Reads a named log, or standard input, into memory that the reader reserves.
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';

/** Answers the number of bytes put into what `target.reserve()` gave, until the input ends. */
export async function* readInput(
  name: string,
  io: CommandIo,
  target: { reserve(): Uint8Array },
): AsyncGenerator<number> {
  if (name === '-') yield* readStream(io, target);
  else yield* readFile(openLog(name, io), name, target);
}

async function* readStream(io: CommandIo, target: { reserve(): Uint8Array }): AsyncGenerator<number> {
  for await (const chunk of io.stdin as AsyncIterable<Uint8Array>) {
    for (let from = 0; from < chunk.length;) {
      const room = target.reserve();
      const piece = chunk.subarray(from, from + room.length);
      room.set(piece);
      from += piece.length;
      yield piece.length;
    }
  }
}

export function openLog(name: string, io: CommandIo): number {
  return orUnreadable(name, () => openSync(resolve(io.cwd, name), 'r'));
}

/** Synchronous reads into one buffer: the file is never held, and no promise is made for a chunk. */
export function* readFile(fd: number, name: string, target: { reserve(): Uint8Array }): Generator<number> {
  try {
    for (;;) {
      const length = orUnreadable(name, () => readSync(fd, target.reserve()));
      if (length === 0) return;
      yield length;
    }
  } finally {
    closeSync(fd);
  }
}

/** A folder, for example, can be opened, but not read. */
function orUnreadable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Fault({
      code: 'input_unreadable',
      message: `The log ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      remedy: 'Check the path and that this user may read it.',
      cause: error,
    });
  }
}
