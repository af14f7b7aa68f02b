// A program's output is watched while it runs.
import { PassThrough } from 'node:stream';
import { ManualClock } from '@levautofix/service-kit/clock';
import { describe, expect, it } from 'vitest';
import type { EventDetector } from '../../domain/event-detector.js';
import type { DetectedEvent } from '../../domain/occurrence.js';
import { sampleEvent } from '../../domain/sample-event.testkit.js';
import { createStreamSource } from './stream-source.js';

/** Everything up to the last line end is one event; the rest is held until it ends or has waited a second. */
function createTextDetector(): EventDetector {
  let held = '';
  let heldSince = 0;
  const take = (length: number): DetectedEvent[] => {
    const message = held.slice(0, length);
    held = held.slice(length);
    return message === '' ? [] : [sampleEvent({ message })];
  };
  return {
    cutLines: 0,
    get pendingBytes() {
      return held.length;
    },
    push(bytes, now) {
      held += Buffer.from(bytes).toString();
      heldSince = now;
      return take(held.lastIndexOf('\n') + 1);
    },
    flush: (now) => (now - heldSince >= 1_000 ? take(held.length) : []),
    end: () => take(held.length),
  };
}

async function start() {
  const clock = new ManualClock();
  const stream = new PassThrough();
  const seen: string[] = [];
  const source = createStreamSource({ stream, createDetector: createTextDetector, clock });
  await source.start([], (events, name) => seen.push(...events.map(({ error }) => `${name}: ${error.message}`)));
  return { clock, stream, source, seen };
}

describe('a watched stream', () => {
  it('hands over what is complete as it comes, and the rest at the end', async () => {
    const { stream, source, seen } = await start();
    stream.write('one\ntw');
    await source.drain();
    expect(seen).toEqual(['stdin: one\n']);
    stream.end('o');
    await source.ended;
    expect(seen).toEqual(['stdin: one\n', 'stdin: two']);
    expect(source.stats()).toMatchObject({ sources: 0, bytesRead: 7 });
  });

  it('ends what is held open when nothing follows', async () => {
    const { clock, stream, source, seen } = await start();
    stream.write('half');
    await source.drain();
    await clock.advance(1_500);
    expect(seen).toEqual(['stdin: half']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts what came before a broken pipe', async () => {
    const { stream, source, seen } = await start();
    stream.write('half');
    await source.drain();
    stream.destroy(new Error('EPIPE'));
    await source.ended;
    expect(seen).toEqual(['stdin: half']);
  });

  it('hands over nothing after stop', async () => {
    const { stream, source, seen } = await start();
    await source.stop();
    stream.write('late\n');
    await source.drain();
    expect(seen).toEqual([]);
  });
});
