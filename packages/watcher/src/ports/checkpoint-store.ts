// Where read positions survive a restart.

/** Identity of a file is device + inode + the start of its content, never its path alone. */
export interface Checkpoint {
  path: string;
  device: string;
  inode: string;
  /** Length in bytes of the start of the content that `headHash` covers. */
  headLength: number;
  /** SHA-256 of that start, hexadecimal. */
  headHash: string;
  /** Offset in bytes up to which everything is accounted for. */
  offset: number;
  /** SHA-256 of the bytes just before `offset` (up to 256), to notice a file that was truncated and regrown past it. */
  tailHash: string;
}

export interface CheckpointStore {
  /** Empty when there is none; a damaged file falls back to the last good copy and says so. */
  load(): Promise<{ checkpoints: Checkpoint[]; warning: string | null }>;
  /** Atomic: after a crash either the old or the new set is there. */
  save(checkpoints: readonly Checkpoint[]): Promise<void>;
}
