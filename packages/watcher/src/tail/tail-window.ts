// The last bytes that were read of a file, kept to prove with each read that it goes on where the one before ended.
import { tailLimit } from './content-mark.js';

export class TailWindow {
  #bytes = new Uint8Array(0);

  get length(): number {
    return this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Copies: the caller's buffer may be used again. */
  extend(fresh: Uint8Array): void {
    if (fresh.length >= tailLimit) {
      // Not `slice`: of a Buffer that would be a view on what the caller overwrites.
      this.#bytes = new Uint8Array(fresh.subarray(fresh.length - tailLimit));
      return;
    }
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + fresh.length - tailLimit));
    const next = new Uint8Array(kept.length + fresh.length);
    next.set(kept);
    next.set(fresh, kept.length);
    this.#bytes = next;
  }

  isStartOf(bytes: Uint8Array): boolean {
    if (bytes.length < this.#bytes.length) return false;
    return this.#bytes.every((byte, index) => byte === bytes[index]);
  }
}
