// How long to wait before looking again: short while lines come in, long while nothing happens.

export const pollPace = {
  /**
   * From one look to the next, the reading included: so far behind a reader is at most. Each look costs about a millisecond
   * before it has read anything, for the machine has gone to sleep meanwhile.
   */
  busyMs: 150,
  /** Least pause, however long the reading took: others want the processor too. */
  leastMs: 50,
  quietMs: 1_000,
  /** After so long without news a bell (a file system event) takes over the waking. */
  bellAfterMs: 5_000,
  /** After so long without news a file is looked at less often where there are very many. */
  coldAfterMs: 60_000,
  /** Least time between two searches for new files. */
  discoverMs: 5_000,
  /** A folder that has not changed is searched again after so long: a link in it may lead somewhere by now. */
  unchangedMs: 60_000,
};

/** The share of a core that looking for new files may take at most: the wait grows with what the last search took. */
const discoverShare = 1 / 500;

/** `tookMs`: how long the look that just ended took. */
export function nextPollDelay(previousDelayMs: number, hadNews: boolean, tookMs = 0): number {
  const { busyMs, leastMs, quietMs } = pollPace;
  if (hadNews) return Math.min(busyMs, Math.max(leastMs, busyMs - tookMs));
  return Math.min(quietMs, Math.max(busyMs, Math.round(previousDelayMs * 1.5)));
}

/** One look at one file takes a few microseconds; a thousand cold files a second are still well under a hundredth of a core. */
export function nextLookDelay(quietForMs: number, fileCount: number): number {
  return quietForMs < pollPace.coldAfterMs ? 0 : Math.max(pollPace.quietMs, fileCount);
}

export function nextDiscoverDelay(tookMs: number): number {
  return Math.max(pollPace.discoverMs, tookMs / discoverShare);
}
