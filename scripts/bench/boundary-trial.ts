// What one attack of the boundary bench came to, and what a group of them is.

export interface Trial {
  group: string;
  id: string;
  /** Whether the attack was really made; one that was not proves nothing. */
  isTried: boolean;
  isCrossed: boolean;
  /** With the control switched off on purpose; null where that was not run, and `note` says why. */
  isCrossedWithout: boolean | null;
  note: string;
}

export interface Group {
  name: string;
  /** What is switched off for the comparison, in a few words. */
  control: string;
  run(options: GroupOptions): Promise<Trial[]>;
}

export interface GroupOptions {
  /** Part of every name that this run plants. */
  tag: string;
  /** How many attacks at once. */
  jobs: number;
  /** Leaves attacks out, for a short run. */
  isWanted?: (id: string) => boolean;
}

/** Runs `work` on every item, `jobs` at once; results are in order. */
export async function inParallel<T, R>(items: readonly T[], jobs: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}
