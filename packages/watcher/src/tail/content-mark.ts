// What the start and the end of the part already read looked like: the content half of a file's identity.
import { createHash } from 'node:crypto';

/** A log's first line rarely repeats within this length, and it is still one small read. */
export const headLimit = 1024;
export const tailLimit = 256;

/** SHA-256 over the first `length` bytes of some content. */
export interface ContentMark {
  length: number;
  hash: string;
}

export const emptyMark: ContentMark = { length: 0, hash: '' };

export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Marks at most the first `headLimit` bytes. */
export function markContent(bytes: Uint8Array): ContentMark {
  if (bytes.length === 0) return emptyMark;
  const marked = bytes.subarray(0, headLimit);
  return { length: marked.length, hash: contentHash(marked) };
}

/** False as well when there are fewer bytes than were marked: the content has shrunk. */
export function hasMark(mark: ContentMark, bytes: Uint8Array): boolean {
  if (mark.length === 0) return true;
  return bytes.length >= mark.length && contentHash(bytes.subarray(0, mark.length)) === mark.hash;
}
