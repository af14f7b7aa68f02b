// The frames that stand below an error in the memory that logs are read into, read once for all that are the same.
import { frameOf, indentOf, isIndentedFrame, opensBlock } from './continuation.js';
import { beginningLength, FrameRuns } from './frame-runs.js';

/** Consecutive lines that are frames. */
export interface LogFrames {
  /** As in the log, with the last line end. */
  source: Buffer;
  /** One list stands for all traces that have it, so it is frozen. */
  stack: readonly string[];
  /** Of the first frame. */
  indent: number;
  /** Behind the last frame a brace opens: further fields of the error follow. */
  isBlockOpen: boolean;
}

export const maxRunFrames = 100;
/** So many frames are worth a look whether they were seen before. */
const leastRunFrames = 2;
/** A longer line is read by itself. */
export const maxFrameBytes = 1000;
const newline = 10;

export class FramesBelow {
  readonly #memory: Buffer;
  readonly #runs = new FrameRuns<LogFrames>();

  constructor(memory: Buffer) {
    this.#memory = memory;
  }

  /** The frames that begin at `start`, up to a line that is more than a frame; null where too few are complete before `to`. */
  read(start: number, to: number): LogFrames | null {
    const beginning = this.#memory.toString('latin1', start, Math.min(start + beginningLength, to));
    const known = this.#runs.find(beginning, ({ source }) => {
      const end = start + source.length;
      return end <= to && this.#memory.compare(source, 0, source.length, start, end) === 0;
    });
    if (known) return known;
    const frames = this.#readNew(start, to);
    if (frames) this.#runs.add(beginning, frames);
    return frames;
  }

  #readNew(start: number, to: number): LogFrames | null {
    const stack: string[] = [];
    let indent = 0;
    let isBlockOpen = false;
    let at = start;
    while (at < to && stack.length < maxRunFrames && !isBlockOpen) {
      const end = this.#memory.indexOf(newline, at);
      if (end === -1 || end >= to || end - at > maxFrameBytes) break;
      const text = this.#memory.toString('utf8', at, end);
      if (!isIndentedFrame(text) || text.includes('\u001b')) break;
      isBlockOpen = opensBlock(text);
      if (!isBlockOpen && /\{\s*$/.test(text)) break;
      if (at === start) indent = indentOf(text);
      stack.push(frameOf(text));
      at = end + 1;
    }
    if (stack.length < leastRunFrames) return null;
    return { source: Buffer.from(this.#memory.subarray(start, at)), stack: Object.freeze(stack), indent, isBlockOpen };
  }
}
