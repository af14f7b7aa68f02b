// How long to wait before looking again: short while lines come in, long while nothing happens.

export const pollPace = {
  /** Each look costs about a millisecond before it has read anything: the machine has gone to sleep meanwhile. */
  busyMs: 150,
  quietMs: 1_000,
  /** After so long without news a bell (a file system event) takes over the waking. */
  bellAfterMs: 5_000,
  /** After so long without news a file is looked at less often where there are very many. */
  coldAfterMs: 60_000,
  /** Least time between two searches for new files. */
  discoverMs: 5_000,
};

/** The share of a core that looking for new files may take at most: the wait grows with what the last search took. */
const discoverShare = 1 / 500;

export function nextPollDelay(previousDelayMs: number, hadNews: boolean): number {
  return hadNews
    ? pollPace.busyMs
    : Math.min(pollPace.quietMs, Math.max(pollPace.busyMs, Math.round(previousDelayMs * 1.5)));
}

/** One look at one file takes a few microseconds; a thousand cold files a second are still well under a hundredth of a core. */
export function nextLookDelay(quietForMs: number, fileCount: number): number {
  return quietForMs < pollPace.coldAfterMs ? 0 : Math.max(pollPace.quietMs, fileCount);
}

export function nextDiscoverDelay(tookMs: number): number {
  return Math.max(pollPace.discoverMs, tookMs / discoverShare);
}
