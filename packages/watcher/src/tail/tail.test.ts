// The rules of following a file, apart from any file.
import { describe, expect, it } from 'vitest';
import { hasMark, markContent, tailLimit } from './content-mark.js';
import { nextDiscoverDelay, nextLookDelay, nextPollDelay, pollPace } from './poll-pace.js';
import { shouldRelease } from './release-rule.js';
import { chooseResumePoint, startOfLastLine } from './resume-point.js';
import { chooseCopyOffset, isNamedAfter } from './rotation-copy.js';
import { TailWindow } from './tail-window.js';

const bytes = (text: string) => Buffer.from(text);

describe('content marks', () => {
  it('fit content that has grown, and no other or shorter content', () => {
    const mark = markContent(bytes('begin'));
    expect(hasMark(mark, bytes('begin and more'))).toBe(true);
    expect(hasMark(mark, bytes('began and more'))).toBe(false);
    expect(hasMark(mark, bytes('begi'))).toBe(false);
  });

  it('keep the last bytes over reads of any size, apart from the buffer they came in', () => {
    const window = new TailWindow();
    const all = Array.from({ length: 700 }, (_, index) => index % 251);
    const shared = Buffer.alloc(300);
    for (let from = 0; from < all.length; from += 300) {
      const piece = Buffer.from(all.slice(from, from + 300));
      piece.copy(shared);
      window.extend(shared.subarray(0, piece.length));
    }
    shared.fill(0);
    expect([...window.bytes]).toEqual(all.slice(-tailLimit));
  });
});

describe('where reading begins', () => {
  const unknown = { known: null, isFromBeforeWatching: false, readFrom: 'end', size: 90 } as const;
  it.each([
    [unknown, 0, 'appeared'],
    [{ ...unknown, isFromBeforeWatching: true }, 90, 'end'],
    [{ ...unknown, isFromBeforeWatching: true, readFrom: 'beginning' as const }, 0, 'beginning'],
    [{ ...unknown, known: { offset: 40, isSameContent: true } }, 40, 'resumed'],
    [{ ...unknown, known: { offset: 40, isSameContent: false } }, 0, 'rewritten'],
  ])('%j: at %i', (history, offset, reason) => {
    expect(chooseResumePoint(history)).toEqual({ offset, reason });
  });

  it('is the start of the half-written line, where one is found', () => {
    expect(startOfLastLine(bytes('one\nhalf'), 108)).toBe(104);
    expect(startOfLastLine(bytes('one\n'), 104)).toBe(104);
    expect(startOfLastLine(bytes('endless'), 107)).toBe(107);
  });
});

describe('letting go', () => {
  const gone = { isDeleted: true, isReadToEnd: true, namelessForMs: 6_000, quietForMs: 6_000 };
  it('waits a moment for late lines of a deleted file, and a minute at most', () => {
    expect(shouldRelease(gone)).toBe(true);
    expect(shouldRelease({ ...gone, quietForMs: 1_000 })).toBe(false);
    expect(shouldRelease({ ...gone, isReadToEnd: false })).toBe(false);
    expect(shouldRelease({ ...gone, isReadToEnd: false, quietForMs: 0, namelessForMs: 60_000 })).toBe(true);
  });

  it('keeps a file that was only moved for as long as it grows', () => {
    const moved = { ...gone, isDeleted: false, namelessForMs: 3_600_000 };
    expect(shouldRelease(moved)).toBe(false);
    expect(shouldRelease({ ...moved, quietForMs: 60_000 })).toBe(true);
  });
});

describe('the pace', () => {
  it('slows down step by step and is quick again with the first news', () => {
    let delayMs = nextPollDelay(1_000, true);
    expect(delayMs).toBe(pollPace.busyMs);
    for (let turn = 0; turn < 10; turn++) delayMs = nextPollDelay(delayMs, false);
    expect(delayMs).toBe(pollPace.quietMs);
  });

  it('counts what reading took into the pause, and leaves one all the same', () => {
    const { busyMs, leastMs } = pollPace;
    expect(nextPollDelay(busyMs, true, 30)).toBe(busyMs - 30);
    expect(nextPollDelay(busyMs, true, 10_000)).toBe(leastMs);
    // The clock was set back meanwhile.
    expect(nextPollDelay(busyMs, true, -10_000)).toBe(busyMs);
  });

  it('looks at cold files less often the more there are, and searches less often the longer it takes', () => {
    expect(nextLookDelay(1_000, 10_000)).toBe(0);
    expect(nextLookDelay(120_000, 10)).toBe(1_000);
    expect(nextLookDelay(120_000, 10_000)).toBe(10_000);
    expect(nextDiscoverDelay(1)).toBe(5_000);
    expect(nextDiscoverDelay(100)).toBe(50_000);
  });
});

describe('copies of a rotation', () => {
  it('are named after their original and lie beside it', () => {
    for (const copy of ['/l/app.log.1', '/l/app-20260301.log', '/l/app__2026.log']) {
      expect(isNamedAfter(copy, '/l/app.log')).toBe(true);
    }
    for (const other of ['/l/app.log', '/l/web.log', '/m/app.log.1'])
      expect(isNamedAfter(other, '/l/app.log')).toBe(false);
    // Renamed away, it leaves its name to a new log.
    expect(isNamedAfter('/l/app.log', '/l/app.log.1')).toBe(false);
  });

  it('are read from where the original was cut off, and waited for while they grow', () => {
    const copy = {
      hasSameHead: true,
      hasAllRead: true,
      isOriginalWhole: false,
      copySize: 90,
      readOffset: 70,
      knownForMs: 0,
    };
    expect(chooseCopyOffset(copy)).toBe(70);
    expect(chooseCopyOffset({ ...copy, isOriginalWhole: true })).toBe(90);
    expect(chooseCopyOffset({ ...copy, hasSameHead: false })).toBeNull();
    expect(chooseCopyOffset({ ...copy, hasAllRead: false, copySize: 50 })).toBe('wait');
    expect(chooseCopyOffset({ ...copy, hasAllRead: false, copySize: 50, knownForMs: 30_000 })).toBeNull();
    expect(chooseCopyOffset({ ...copy, hasAllRead: false })).toBeNull();
  });
});
