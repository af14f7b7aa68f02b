// Where reading of a file begins when it is first seen by this process.

export interface FileHistory {
  /** What the last run knew of this very file; null when it knew nothing. */
  known: {
    offset: number;
    /** Head and tail are as remembered, so the content up to there is the content that was read. */
    isSameContent: boolean;
  } | null;
  /** Its pattern is watched for the first time and the file was there already. */
  isFromBeforeWatching: boolean;
  readFrom: 'end' | 'beginning';
  size: number;
}

export interface ResumePoint {
  offset: number;
  reason: 'resumed' | 'rewritten' | 'end' | 'beginning' | 'appeared';
}

export function chooseResumePoint({ known, isFromBeforeWatching, readFrom, size }: FileHistory): ResumePoint {
  if (known)
    return known.isSameContent ? { offset: known.offset, reason: 'resumed' } : { offset: 0, reason: 'rewritten' };
  if (!isFromBeforeWatching) return { offset: 0, reason: 'appeared' };
  return readFrom === 'end' ? { offset: size, reason: 'end' } : { offset: 0, reason: 'beginning' };
}

/** Start of the line that the last byte belongs to: a line that is half written is read whole once it is complete. */
export function startOfLastLine(bytesBefore: Uint8Array, offset: number): number {
  const newline = bytesBefore.lastIndexOf(0x0a);
  return newline === -1 ? offset : offset - (bytesBefore.length - newline - 1);
}
