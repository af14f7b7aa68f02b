// Frames of traces seen before: the same error brings the same lines, which need not be read twice.

/** Consecutive frames. One list stands for all its traces, so it is frozen. */
export interface FrameRun<Source extends string | Buffer = string | Buffer> {
  /** As in the log, up to where the run ends. */
  source: Source;
  stack: readonly string[];
  /** Of the first frame. */
  indent: number;
  /** Behind the last frame a brace opens: further fields of the error follow. */
  isBlockOpen: boolean;
}

export const maxRunFrames = 100;
/** Runs that begin alike: the same way into a function, by different ways to it. */
const maxAlike = 4;
/** Characters or bytes of all runs. */
const maxKept = 1_500_000;
/** Characters by which a run is looked up: about its first frame. */
export const beginningLength = 64;

/** Memory is bounded by forgetting all: what still repeats comes again soon. */
export class FrameRuns<Source extends string | Buffer> {
  readonly #byBeginning = new Map<string, FrameRun<Source>[]>();
  #kept = 0;

  find(beginning: string, isSame: (run: FrameRun<Source>) => boolean): FrameRun<Source> | undefined {
    return this.#byBeginning.get(beginning)?.find(isSame);
  }

  add(beginning: string, run: FrameRun<Source>): void {
    this.#kept += run.source.length;
    if (this.#kept > maxKept) {
      this.#byBeginning.clear();
      this.#kept = run.source.length;
    }
    const alike = this.#byBeginning.get(beginning);
    if (!alike) this.#byBeginning.set(beginning, [run]);
    else if (alike.push(run) > maxAlike) this.#kept -= alike.shift()?.source.length ?? 0;
  }
}
