// Knows which journal cursor belongs to which byte of journalctl's output, so that a position in bytes becomes a cursor.

const lineEnd = 0x0a;
/** Quotes inside a message are escaped, so this can only be the field itself. */
const field = Buffer.from('"__CURSOR"');

export class CursorTrack {
  #accounted: string | null;
  #pushed = 0;
  #rest = Buffer.alloc(0);
  /** Entries in order, each with the offset behind its line end. */
  #entries: { end: number; cursor: string }[] = [];

  constructor(cursor: string | null) {
    this.#accounted = cursor;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      const piece = chunk.subarray(from, end);
      const line = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
      this.#rest = Buffer.alloc(0);
      from = end + 1;
      const cursor = cursorOf(line);
      if (cursor !== null) this.#entries.push({ end: this.#pushed + from, cursor });
    }
    if (from < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
    this.#pushed += chunk.length;
  }

  /** Cursor of the last entry that ends before the last `pendingBytes`; null while there is none. */
  accountedFor(pendingBytes: number): string | null {
    const position = this.#pushed - pendingBytes;
    const firstPending = this.#entries.findIndex(({ end }) => end > position);
    const done = firstPending === -1 ? this.#entries.length : firstPending;
    this.#accounted = this.#entries[done - 1]?.cursor ?? this.#accounted;
    this.#entries.splice(0, done);
    return this.#accounted;
  }
}

function cursorOf(line: Buffer): string | null {
  const at = line.indexOf(field);
  if (at === -1) return null;
  return /^"__CURSOR"\s*:\s*"([^"\\]+)"/.exec(line.subarray(at, at + 512).toString('latin1'))?.[1] ?? null;
}
