// What the last run knew of files that this one has not opened yet.
import type { FileCheckpoint } from '../../ports/checkpoint-store.js';
import { keyText } from './file-key.js';
import type { WatchedFile } from './watched-file.js';

/** Checkpoints kept of files that are not there, in case their mount comes back. */
const maxAbsent = 64;

export class EarlierCheckpoints {
  readonly #checkpoints = new Map<string, FileCheckpoint>();
  /** Keys of those that were looked for and are nowhere. */
  readonly #absent = new Set<string>();

  add(checkpoint: FileCheckpoint): void {
    this.#checkpoints.set(keyText(checkpoint), checkpoint);
  }

  /** Its file is nowhere at the moment. */
  addAbsent(checkpoint: FileCheckpoint): void {
    const key = keyText(checkpoint);
    this.#checkpoints.set(key, checkpoint);
    this.#absent.add(key);
    const [oldest] = this.#absent;
    if (this.#absent.size > maxAbsent && oldest !== undefined) this.drop(oldest);
  }

  has(key: string): boolean {
    return this.#checkpoints.has(key);
  }

  drop(key: string): void {
    this.#checkpoints.delete(key);
    this.#absent.delete(key);
  }

  values(): Iterable<FileCheckpoint> {
    return this.#checkpoints.values();
  }

  /** Those that nobody has looked for. */
  unsought(): FileCheckpoint[] {
    if (this.#checkpoints.size === this.#absent.size) return [];
    return [...this.#checkpoints].flatMap(([key, checkpoint]) => (this.#absent.has(key) ? [] : [checkpoint]));
  }

  /** By identity; or by path and content, because device numbers may change with a reboot. */
  claim(file: WatchedFile): FileCheckpoint | null {
    const checkpoint =
      this.#checkpoints.get(keyText(file.key)) ??
      [...this.#checkpoints.values()].find(
        (other) =>
          other.path === file.path &&
          other.inode === file.key.inode &&
          other.headLength > 0 &&
          file.hasContentOf(other),
      );
    if (checkpoint) this.drop(keyText(checkpoint));
    return checkpoint ?? null;
  }
}
