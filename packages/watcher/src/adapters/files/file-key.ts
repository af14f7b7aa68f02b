// What tells one file from another whatever its path is at the moment.
import type { BigIntStats } from 'node:fs';

export interface FileKey {
  device: string;
  inode: string;
}

export function keyOf(stats: BigIntStats): FileKey {
  return { device: String(stats.dev), inode: String(stats.ino) };
}

export function keyText({ device, inode }: FileKey): string {
  return `${device}:${inode}`;
}
