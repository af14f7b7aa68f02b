// Reads a named log, or standard input, into memory that the reader reserves.
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandIo } from '@levautofix/service-kit/command';
import { Fault } from '@levautofix/service-kit/fault';
import { unpackerOf } from '../tail/archive-magic.js';

/** As many as the longest mark at the start of what is no plain text. */
const headBytes = 8;

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
  const look = refuseOther('-');
  for await (const chunk of io.stdin as AsyncIterable<Uint8Array>) {
    look(chunk);
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
  const look = refuseOther(name);
  try {
    for (;;) {
      const room = target.reserve();
      const length = orUnreadable(name, () => readSync(fd, room));
      if (length === 0) return;
      look(room.subarray(0, length));
      yield length;
    }
  } finally {
    closeSync(fd);
  }
}

/** Looks at the first bytes, however they come in: what is no plain text would be a log without errors. */
function refuseOther(name: string): (bytes: Uint8Array) => void {
  let head = Buffer.alloc(0);
  return (bytes) => {
    if (head.length >= headBytes) return;
    head = Buffer.concat([head, bytes.subarray(0, headBytes - head.length)]);
    const unpacker = unpackerOf(head);
    if (unpacker !== null) throw notText(name, 'compressed', `Decompress it first, as in \`${unpacker}`);
    const mark = head.toString('hex', 0, 2);
    if (mark === 'fffe' || mark === 'feff')
      throw notText(name, 'written in UTF-16', 'Convert it first, as in `iconv -f UTF-16 -t UTF-8');
  };
}

function notText(name: string, what: string, remedy: string): Fault {
  const [log, file] = name === '-' ? ['standard input', ''] : [name, ` ${name}`];
  return new Fault({
    code: 'input_not_text',
    message: `The log ${log} is ${what}.`,
    remedy: `${remedy}${file} | levautofix-watcher scan -\`.`,
  });
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
