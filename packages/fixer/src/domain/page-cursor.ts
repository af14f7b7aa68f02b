// A place in a list that is sorted by time, newest first, then by id: what a page answers as `next`.
import { Fault } from '@levautofix/service-kit/fault';

export interface PageCursor {
  at: number;
  id: string;
}

export function encodeCursor({ at, id }: PageCursor): string {
  return `${at}_${id}`;
}

export function decodeCursor(text: string): PageCursor {
  const match = /^(\d{1,15})_(.+)$/s.exec(text);
  if (!match) {
    throw new Fault({
      code: 'cursor_invalid',
      message: 'The value of "after" is not one this list gave out.',
      remedy: 'Pass the "next" of the page before, or leave it out to start at the newest.',
    });
  }
  return { at: Number(match[1]), id: match[2]! };
}

/** Cuts one page from rows that were read with one more than `limit`. */
export function toPage<T>(
  rows: T[],
  limit: number,
  cursorOf: (row: T) => PageCursor,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}
