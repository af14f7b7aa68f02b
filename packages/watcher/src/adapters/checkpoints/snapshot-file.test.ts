// The watcher's saved state survives crashes, damage and a full disk.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../ports/checkpoint-store.js';
import { SnapshotFile, type SavePoint } from './snapshot-file.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'snapshot-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function snapshotAt(offset: number): Snapshot {
  const file = {
    kind: 'file',
    path: '/var/log/app.log',
    device: '1',
    inode: '2',
    headLength: 3,
    headHash: 'aa',
  } as const;
  return { checkpoints: [{ ...file, offset, readOffset: offset, tailHash: 'bb' }], pipeline: { open: [offset] } };
}

describe('saved state', () => {
  it('is null, without a warning, before anything was saved', async () => {
    expect(await new SnapshotFile(join(directory, 'new')).load()).toEqual({ snapshot: null, warning: null });
  });

  it('comes back as the newest of many', async () => {
    const store = new SnapshotFile(directory);
    for (let turn = 1; turn <= 5; turn++) await store.save(snapshotAt(turn));
    expect(await new SnapshotFile(directory).load()).toEqual({ snapshot: snapshotAt(5), warning: null });
  });

  it('goes on counting after a restart', async () => {
    await new SnapshotFile(directory).save(snapshotAt(1));
    const second = new SnapshotFile(directory);
    await second.load();
    await second.save(snapshotAt(2));
    expect((await new SnapshotFile(directory).load()).snapshot).toEqual(snapshotAt(2));
  });

  it('keeps the newest of saves that queue up, as it was when it was handed in', async () => {
    const store = new SnapshotFile(directory);
    const pipeline = { count: 1 };
    const saves = [1, 2, 3].map((offset) => store.save({ ...snapshotAt(offset), pipeline }));
    pipeline.count = 99;
    await Promise.all(saves);
    expect((await new SnapshotFile(directory).load()).snapshot).toEqual({ ...snapshotAt(3), pipeline: { count: 1 } });
  });

  it('falls back to the last good copy with a warning, wherever the newest file is cut', async () => {
    const store = new SnapshotFile(directory);
    await store.save(snapshotAt(1));
    await store.save(snapshotAt(2));
    const newest = join(directory, 'snapshot-a.json');
    const whole = readFileSync(newest);
    for (let length = whole.length - 1; length >= 0; length--) {
      truncateSync(newest, length);
      const { snapshot, warning } = await new SnapshotFile(directory).load();
      expect(snapshot, `cut at ${String(length)}`).toEqual(snapshotAt(1));
      expect(warning).toContain('last good copy');
    }
  });

  it('notices a flipped byte', async () => {
    const store = new SnapshotFile(directory);
    await store.save(snapshotAt(1));
    await store.save(snapshotAt(2));
    const newest = join(directory, 'snapshot-a.json');
    writeFileSync(newest, readFileSync(newest, 'utf8').replace('"offset":2', '"offset":9'));
    expect((await new SnapshotFile(directory).load()).snapshot).toEqual(snapshotAt(1));
  });

  it('says so when both copies are unusable or written by a newer version', async () => {
    writeFileSync(join(directory, 'snapshot-a.json'), '');
    writeFileSync(join(directory, 'snapshot-b.json'), '{"version":2,"sequence":7,"sha256":""}\n{}\n');
    const { snapshot, warning } = await new SnapshotFile(directory).load();
    expect(snapshot).toBeNull();
    expect(warning).toMatch(/empty.*format 2.*first start/);
  });

  it.each<[SavePoint, number]>([
    ['before-write', 1],
    ['after-write', 1],
    ['after-rename', 2],
  ])('is the old or the new one when the process dies %s', async (point, expected) => {
    const store = new SnapshotFile(directory);
    await store.save(snapshotAt(1));
    const dying = new SnapshotFile(directory, (reached) => {
      if (reached === point) throw new Error('killed');
    });
    await dying.load();
    await expect(dying.save(snapshotAt(2))).rejects.toThrow('killed');
    expect(await new SnapshotFile(directory).load()).toEqual({ snapshot: snapshotAt(expected), warning: null });
  });

  it('is saved again after its folder was taken away', async () => {
    const inner = join(directory, 'state');
    const store = new SnapshotFile(inner);
    await store.save(snapshotAt(1));
    rmSync(inner, { recursive: true });
    await expect(store.save(snapshotAt(2))).rejects.toThrow('ENOENT');
    await store.save(snapshotAt(3));
    expect((await new SnapshotFile(inner).load()).snapshot).toEqual(snapshotAt(3));
  });

  it('is readable by its owner alone and leaves no drafts', async () => {
    const store = new SnapshotFile(directory);
    await store.save(snapshotAt(1));
    await store.save(snapshotAt(2));
    expect(readdirSync(directory).sort()).toEqual(['snapshot-a.json', 'snapshot-b.json']);
    expect(statSync(join(directory, 'snapshot-a.json')).mode & 0o777).toBe(0o600);
  });
});
