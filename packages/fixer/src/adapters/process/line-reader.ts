// Turns chunks of bytes into whole lines, with a bound on the length of one line.
import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut here: one endless line must not take the fixer's memory. */
const maxLineLength = 4 * 1024 * 1024;

export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = this.#decoder.write(chunk).split('\n');
    for (const [index, part] of lines.entries()) {
      if (this.#pending.length < maxLineLength) this.#pending += part.slice(0, maxLineLength - this.#pending.length);
      if (index < lines.length - 1) this.#emit();
    }
  }

  /** Hands out a last line without a line end. */
  end(): void {
    this.#pending += this.#decoder.end();
    if (this.#pending !== '') this.#emit();
  }

  #emit(): void {
    const line = this.#pending.replace(/\r$/, '');
    this.#pending = '';
    this.#onLine(line);
  }
}
