// Keeps the end of a stream: at most so many bytes, and a count of what was dropped.

export class OutputTail {
  readonly #bound: number;
  #chunks: Buffer[] = [];
  #keptBytes = 0;
  #seenBytes = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  push(chunk: Buffer): void {
    this.#seenBytes += chunk.length;
    this.#keptBytes += chunk.length;
    this.#chunks.push(chunk);
    // Cutting on every chunk would copy the whole tail each time a flood writes a little more.
    if (this.#keptBytes > 2 * this.#bound + 65_536) this.#cut();
  }

  get droppedBytes(): number {
    return Math.max(0, this.#seenBytes - this.#bound);
  }

  text(): string {
    this.#cut();
    const kept = this.#chunks[0] ?? Buffer.alloc(0);
    // A cut may fall inside a character: its remaining bytes are continuation bytes.
    let start = 0;
    while (this.droppedBytes > 0 && start < 3 && ((kept[start] ?? 0) & 0xc0) === 0x80) start++;
    return kept.subarray(start).toString('utf8');
  }

  #cut(): void {
    const whole = Buffer.concat(this.#chunks);
    const kept = Buffer.from(whole.subarray(Math.max(0, whole.length - this.#bound)));
    this.#chunks = [kept];
    this.#keptBytes = kept.length;
  }
}
