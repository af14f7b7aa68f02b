// Where read positions and the pipeline's state survive a restart, as one cut.

/** Identity of a file is device + inode + the start of its content, never its path alone. */
export interface FileCheckpoint {
  kind: 'file';
  path: string;
  device: string;
  inode: string;
  /** Length in bytes of the start of the content that `headHash` covers. */
  headLength: number;
  /** SHA-256 of that start, hexadecimal. */
  headHash: string;
  /** Offset in bytes up to which everything is accounted for: where reading goes on. */
  offset: number;
  /** Offset up to which the file was read; at least `offset`. */
  readOffset: number;
  /**
   * SHA-256 of the bytes just before `readOffset` (up to 256), to notice a file that was truncated and regrown past it. Empty
   * while the file could never be opened: then only `offset` is known.
   */
  tailHash: string;
}

/** A pattern that has been watched before: files that match it and have no checkpoint are new and read from their beginning. */
export interface PatternCheckpoint {
  kind: 'pattern';
  pattern: string;
}

export interface JournalCheckpoint {
  kind: 'journal';
  /** Which journal stream: the match arguments it is read with. */
  name: string;
  /** The journal's own cursor of the last entry that is accounted for. */
  cursor: string;
}

export type Checkpoint = FileCheckpoint | PatternCheckpoint | JournalCheckpoint;

/** One cut: the positions of all sources and the pipeline's state at the same moment (see `ports/log-source.ts`). */
export interface Snapshot {
  checkpoints: readonly Checkpoint[];
  /** JSON of whatever the pipeline must not lose: open settle windows, outbox, counters. Its owner versions and validates it. */
  pipeline: unknown;
}

export interface CheckpointStore {
  /** `snapshot` is null when there is none. A damaged file falls back to the last good copy and says so in `warning`. */
  load(): Promise<{ snapshot: Snapshot | null; warning: string | null }>;
  /** Atomic and on disk when it resolves: after a crash either the old or the new cut is there. Calls queue up, the newest wins. */
  save(snapshot: Snapshot): Promise<void>;
}
