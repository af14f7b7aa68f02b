// Recognises compressed files by their first bytes: a rotated log that was packed is not text any more.

const magics: readonly (readonly number[])[] = [
  [0x1f, 0x8b], // gzip
  [0x42, 0x5a, 0x68], // bzip2
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], // xz
  [0x28, 0xb5, 0x2f, 0xfd], // zstd
  [0x50, 0x4b, 0x03, 0x04], // zip
  [0x04, 0x22, 0x4d, 0x18], // lz4
];

export function isArchive(head: Uint8Array): boolean {
  return magics.some((magic) => magic.every((byte, index) => head[index] === byte));
}
