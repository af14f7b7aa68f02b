// When a file that has lost its name is let go. Harm to the host outranks completeness: a deleted file keeps its disk space
// for as long as anybody holds it open.

export const releaseLimits = {
  /** A writer may add last lines to a file that it has just deleted. */
  lateWriteMs: 5_000,
  /** A deleted file is let go then at the latest, read or not. */
  deletedMs: 60_000,
  /** A file moved out of sight is let go after so long without news. */
  movedQuietMs: 60_000,
  /** A rotated file beside its successor is forgotten after so long without news. */
  rotatedQuietMs: 3_600_000,
};

export interface NamelessFile {
  isDeleted: boolean;
  isReadToEnd: boolean;
  namelessForMs: number;
  quietForMs: number;
}

export function shouldRelease({ isDeleted, isReadToEnd, namelessForMs, quietForMs }: NamelessFile): boolean {
  if (!isDeleted) return isReadToEnd && quietForMs >= releaseLimits.movedQuietMs;
  if (namelessForMs >= releaseLimits.deletedMs) return true;
  return isReadToEnd && quietForMs >= releaseLimits.lateWriteMs && namelessForMs >= releaseLimits.lateWriteMs;
}
