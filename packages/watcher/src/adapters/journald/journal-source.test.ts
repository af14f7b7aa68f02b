// The journal is followed through journalctl, and gone on with where the last run stopped.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@levautofix/service-kit/clock';
import { silentLogger } from '@levautofix/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventDetector } from '../../domain/event-detector.js';
import { sampleEvent } from '../../domain/sample-event.testkit.js';
import type { Checkpoint } from '../../ports/checkpoint-store.js';
import { createJournalSource } from './journal-source.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A journalctl that notes how it was called, prints and then waits, or leaves when there is nothing to wait for. */
function fakeJournalctl(output: string, then = 'exec sleep 60'): string {
  const path = join(folder, 'journalctl');
  writeFileSync(join(folder, 'output'), output);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> ${folder}/calls\ncat ${folder}/output\n${then}\n`);
  chmodSync(path, 0o755);
  return path;
}

function createLineDetector(): EventDetector {
  let held = '';
  return {
    cutLines: 0,
    get pendingBytes() {
      return Buffer.byteLength(held);
    },
    push(bytes) {
      const lines = (held + Buffer.from(bytes).toString()).split('\n');
      held = lines.pop() ?? '';
      return lines.map((message) => sampleEvent({ message }));
    },
    flush: () => [],
    end: () => [],
  };
}

const entry = (cursor: string) => `{"__CURSOR":"${cursor}","MESSAGE":"x"}\n`;
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

async function start(command: string, checkpoints: Checkpoint[] = [], readFrom: 'end' | 'beginning' = 'end') {
  const clock = new ManualClock();
  const seen: string[] = [];
  const matches = ['_SYSTEMD_UNIT=shop.service'];
  const source = createJournalSource({
    matches,
    readFrom,
    createDetector: createLineDetector,
    clock,
    logger: silentLogger,
    command,
  });
  await source.start(checkpoints, (events) => seen.push(...events.map(({ error }) => error.message)));
  return { source, seen, clock };
}

describe('the journal', () => {
  it('begins at the end, and goes on after the last whole entry of the last run', async () => {
    const first = await start(fakeJournalctl(`${entry('c1')}${entry('c2')}{"__CURSOR":"c3","MES`));
    await vi.waitFor(() => {
      expect(first.seen).toHaveLength(2);
    });
    const checkpoints = first.source.checkpoints();
    await first.source.stop();
    expect(checkpoints).toEqual([{ kind: 'journal', name: 'journal _SYSTEMD_UNIT=shop.service', cursor: 'c2' }]);
    const second = await start(fakeJournalctl(entry('c3')), checkpoints);
    await vi.waitFor(() => {
      expect(second.seen).toHaveLength(1);
    });
    await second.source.stop();
    expect(calls()).toEqual([
      '--follow --output=json --quiet --no-pager --all --lines=0 _SYSTEMD_UNIT=shop.service',
      '--follow --output=json --quiet --no-pager --all --no-tail --after-cursor=c2 _SYSTEMD_UNIT=shop.service',
    ]);
  });

  it('starts journalctl again when it ends, after the last entry, without telling one twice', async () => {
    const { source, seen, clock } = await start(fakeJournalctl(entry('c1'), 'exit 1'));
    await vi.waitFor(() => {
      expect(source.stats()).toMatchObject({ open: 0, unreadable: 1 });
    });
    expect(source.troubles?.()).toMatchObject([{ problem: 'The journal is not read: exit code 1.' }]);
    fakeJournalctl(entry('c2'));
    await clock.advance(1_000);
    await vi.waitFor(() => {
      expect(seen).toHaveLength(2);
    });
    expect(source.stats()).toMatchObject({ open: 1, unreadable: 0 });
    expect(calls()[1]).toContain('--after-cursor=c1');
    await source.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets go of a cursor that the journal refuses', async () => {
    const known: Checkpoint = { kind: 'journal', name: 'journal _SYSTEMD_UNIT=shop.service', cursor: 'rubbish' };
    const command = fakeJournalctl('', 'echo "Failed to seek to cursor: Invalid argument" >&2; exit 1');
    const { source, clock } = await start(command, [known]);
    await vi.waitFor(() => {
      expect(source.stats().open).toBe(0);
    });
    fakeJournalctl(entry('c9'));
    await clock.advance(1_000);
    await vi.waitFor(() => {
      expect(source.stats().bytesRead).toBeGreaterThan(0);
    });
    expect(calls()[1]).toContain('--lines=0');
    await source.stop();
  });

  it('says what to do where there is no journalctl', async () => {
    await expect(start(join(folder, 'missing'))).rejects.toMatchObject({ code: 'journalctl_missing' });
  });

  it('takes nothing for a match that journalctl could take for an option', () => {
    const options = {
      readFrom: 'end',
      createDetector: createLineDetector,
      clock: new ManualClock(),
      logger: silentLogger,
    } as const;
    expect(() => createJournalSource({ ...options, matches: ['--rotate'] })).toThrow('no match of the journal');
  });
});
