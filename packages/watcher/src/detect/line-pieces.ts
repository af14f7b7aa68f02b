// Lines that a container runtime has cut into pieces, each an entry of its own, put together again.
import type { SourceLine } from './source-line.js';

/** Streams of one source that may be in the middle of a line at once. */
const maxStreams = 16;

export class LinePieces {
  readonly #begun = new Map<string, SourceLine>();
  readonly #maxLength: number;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  get isEmpty(): boolean {
    return this.#begun.size === 0;
  }

  /** Where the earliest of them begins in the source. */
  get startOffset(): number {
    let least = Infinity;
    for (const { offset } of this.#begun.values()) least = Math.min(least, offset);
    return least;
  }

  /** Answers the whole line with its last piece; null before. What is over the limit of a line is left out. */
  join(piece: SourceLine): SourceLine | null {
    const { isPartial } = piece;
    if (!isPartial && this.isEmpty) return piece;
    const begun = this.#begun.get(piece.stream);
    if (!begun && !isPartial) return piece;
    const line = begun ? this.#append(begun, piece) : piece;
    if (!isPartial) {
      this.#begun.delete(piece.stream);
      return line;
    }
    if (!begun && this.#begun.size >= maxStreams) this.#begun.clear();
    this.#begun.set(piece.stream, line);
    return null;
  }

  /** No more will come: what there is of each. */
  takeAll(): SourceLine[] {
    const lines = [...this.#begun.values()];
    this.#begun.clear();
    return lines;
  }

  #append(begun: SourceLine, { text, level, time, number, end }: SourceLine): SourceLine {
    return { ...begun, level, time, text: (begun.text + text).slice(0, this.#maxLength), lastNumber: number, end };
  }
}
