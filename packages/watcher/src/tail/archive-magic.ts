// Recognises compressed files by their first bytes: a rotated log that was packed is not text any more.

const archives: readonly { magic: readonly number[]; unpacker: string }[] = [
  { magic: [0x1f, 0x8b], unpacker: 'gzip -dc' },
  { magic: [0x42, 0x5a, 0x68], unpacker: 'bzip2 -dc' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpacker: 'xz -dc' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpacker: 'zstd -dc' },
  { magic: [0x50, 0x4b, 0x03, 0x04], unpacker: 'unzip -p' },
  { magic: [0x04, 0x22, 0x4d, 0x18], unpacker: 'lz4 -dc' },
];

export function isArchive(head: Uint8Array): boolean {
  return unpackerOf(head) !== null;
}

/** What writes the text of such a file to standard output; null for what is none. */
export function unpackerOf(head: Uint8Array): string | null {
  return archives.find(({ magic }) => magic.every((byte, index) => head[index] === byte))?.unpacker ?? null;
}
