// Frames of traces seen before: the same error brings the same lines, which need not be read twice.

/** Consecutive frames, with what was read of them. */
interface FrameRun {
  /** As in the log, up to where the run ends. */
  source: string | Buffer;
}

/** Runs that begin alike: the same way into a function, by different ways to it. */
const maxAlike = 4;
/** Characters or bytes of all runs. */
const maxKept = 1_500_000;
/** Characters by which a run is looked up: about its first frame. */
export const beginningLength = 64;

/** Memory is bounded by forgetting all: what still repeats comes again soon. */
export class FrameRuns<Run extends FrameRun> {
  readonly #byBeginning = new Map<string, Run[]>();
  #kept = 0;

  find(beginning: string, isSame: (run: Run) => boolean): Run | undefined {
    return this.#byBeginning.get(beginning)?.find(isSame);
  }

  add(beginning: string, run: Run): void {
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
