// One-line records seen before, but for what varies in them: what such a line is, is known without reading it again.
import { copyText } from '../domain/copy-text.js';
import { beginningLength, FrameRuns } from './frame-runs.js';
import { makeHead, type Head } from './head.js';
import { RecordMask } from './record-mask.js';

/** Bytes of masks that are kept. Memory is bounded by forgetting all: what still repeats comes again soon. */
const maxKept = 1024 * 1024;
/** Masks that were seen once: only what comes again is kept. A power of two. */
const maxSeen = 16_384;
/** Lists of frames that one line may have. */
const maxFrames = 64;

export class RecordTemplate {
  /** Without what varies: nobody may ask what the line says. */
  readonly head: Head;
  readonly #bare = {};
  #withFrames: Map<object, object> | null = null;

  constructor({ kind, format, level }: Head) {
    this.head = makeHead(kind, format, { level: level === null ? null : copyText(level), isWhole: true });
  }

  /** What all events have in common that are such a line; `frames` stands for those of the line. */
  eventWith(frames: object | null): object {
    if (!frames) return this.#bare;
    this.#withFrames ??= new Map();
    let event = this.#withFrames.get(frames);
    if (!event) {
      if (this.#withFrames.size >= maxFrames) this.#withFrames.clear();
      this.#withFrames.set(frames, (event = {}));
    }
    return event;
  }
}

interface Kept {
  template: RecordTemplate;
  /** The first word of its mask. */
  from: number;
  /** Of its mask, in bytes. */
  length: number;
  /** Another of the same hash. */
  next: Kept | null;
}

/** Whether a line is worth a look, by its first bytes. */
export function mayBeRecord(memory: Buffer, start: number): boolean {
  return memory[start] === 0x7b || memory[start + 4] === 0x2f;
}

export class RecordTemplates {
  readonly #memory: Buffer;
  readonly #mask = new RecordMask();
  /** The mask four bytes at a time. */
  readonly #words: Int32Array;
  readonly #masks = new Int32Array(maxKept >> 2);
  #filled = 0;
  #byHash = new Map<number, Kept>();
  readonly #seen = new Int32Array(maxSeen);
  readonly #runs = new FrameRuns<{ source: Buffer }>();
  /** Of the line that was looked for last. */
  #offset = -1;
  #start = 0;
  #hash = 0;
  #isKept = false;
  #frames: object | null = null;

  /** `memory`: where the lines are. */
  constructor(memory: Buffer) {
    this.#memory = memory;
    const { buffer, byteOffset, byteLength } = this.#mask.bytes;
    this.#words = new Int32Array(buffer, byteOffset, byteLength >> 2);
  }

  /** The template of the line, without its end; null where none of its like was seen. `offset` names the line. */
  find(start: number, end: number, offset: number): RecordTemplate | null {
    const mask = this.#mask;
    this.#offset = offset;
    mask.make(this.#memory, start, end);
    if (mask.length === 0) return null;
    this.#start = start;
    this.#frames = mask.framesTo > 0 ? this.#findFrames() : null;
    const count = (mask.length + 3) >> 2;
    for (let at = mask.length; at < count * 4; at++) mask.bytes[at] = 0;
    this.#hash = hashOf(this.#words, count);
    let kept = this.#byHash.get(this.#hash) ?? null;
    while (kept && !(kept.length === mask.length && this.#isAt(kept.from, count))) kept = kept.next;
    this.#isKept = kept !== null;
    return kept && !this.#hasUnknownFrames ? kept.template : null;
  }

  /** What the event that is the line found last has in common with others. */
  eventOf(template: RecordTemplate): object {
    return template.eventWith(this.#frames);
  }

  /** `head`: what the line at `offset` turned out to be, if it is the one that was looked for and not found. */
  remember(offset: number, head: Head): void {
    if (this.#mask.length === 0 || offset !== this.#offset || !this.#isRepeatable(head)) return;
    // Frames that were not read could be anything, so a line is read once for each list of them.
    if (this.#hasUnknownFrames) this.#rememberFrames();
    if (this.#isKept) return;
    const slot = this.#hash & (maxSeen - 1);
    if (this.#seen[slot] === this.#hash) this.#keep(new RecordTemplate(head));
    else this.#seen[slot] = this.#hash;
  }

  /** Whether all that tells one event from another is told by the mask and the frames. */
  #isRepeatable({ kind, isRepeatable, isWhole, type, stack }: Head): boolean {
    if (!isWhole || kind === 'text' || kind === 'weak') return false;
    if (kind === 'record') return this.#mask.framesTo === 0;
    // A class is compared as it is. Frames that were cut out of a record are frozen: these are all it has.
    if (!isRepeatable || /\d/.test(type)) return false;
    const hasFrames = stack !== null && stack.length > 0;
    return this.#mask.framesTo > 0 ? hasFrames && Object.isFrozen(stack) : !hasFrames;
  }

  get #hasUnknownFrames(): boolean {
    return this.#mask.framesTo > 0 && this.#frames === null;
  }

  #keep(template: RecordTemplate): void {
    const { length } = this.#mask;
    const count = (length + 3) >> 2;
    if (this.#filled + count > this.#masks.length) {
      this.#byHash = new Map();
      this.#filled = 0;
    }
    this.#masks.set(this.#words.subarray(0, count), this.#filled);
    const next = this.#byHash.get(this.#hash) ?? null;
    this.#byHash.set(this.#hash, { template, from: this.#filled, length, next });
    this.#filled += count;
  }

  #isAt(from: number, count: number): boolean {
    for (let index = 0; index < count; index++) if (this.#masks[from + index] !== this.#words[index]) return false;
    return true;
  }

  /** One object for the same frames. */
  #findFrames(): object | null {
    const [from, to] = this.#framesPlace();
    const isSame = ({ source }: { source: Buffer }): boolean =>
      source.length === to - from && this.#memory.compare(source, 0, source.length, from, to) === 0;
    return this.#runs.find(this.#beginning(from, to), isSame) ?? null;
  }

  #rememberFrames(): void {
    const [from, to] = this.#framesPlace();
    const source = Buffer.from(this.#memory.subarray(from, to));
    this.#runs.add(this.#beginning(from, to), { source });
  }

  #framesPlace(): [from: number, to: number] {
    return [this.#start + this.#mask.framesFrom, this.#start + this.#mask.framesTo];
  }

  #beginning(from: number, to: number): string {
    return this.#memory.toString('latin1', from, Math.min(from + beginningLength, to));
  }
}

function hashOf(words: Int32Array, count: number): number {
  let hash = count;
  for (let index = 0; index < count; index++) {
    hash = Math.imul(hash ^ (words[index] ?? 0), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  // Small integers are kept without an object of their own.
  return hash >> 1;
}
