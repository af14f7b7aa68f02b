// The bell rings when something happens in a watched folder, once, and is silent afterwards.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChangeBell, type ChangeBell } from './change-bell.js';

let folder: string;
let bell: ChangeBell;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bell-')));
  writeFileSync(join(folder, 'app.log'), '');
  bell = createChangeBell();
});
afterEach(() => {
  bell.disarm();
  rmSync(folder, { recursive: true });
});

/** Does it again until the bell rings: the watch is set up in the background. */
async function rings(happen: () => void): Promise<number> {
  let count = 0;
  bell.arm([folder], () => count++);
  await vi.waitFor(
    () => {
      happen();
      expect(count).toBeGreaterThan(0);
    },
    { timeout: 5_000, interval: 20 },
  );
  for (let turn = 0; turn < 20; turn++) {
    happen();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return count;
}

describe('the change bell', () => {
  it('rings once for lines that are appended', async () => {
    const append = () => {
      appendFileSync(join(folder, 'app.log'), 'x\n');
    };
    expect(await rings(append)).toBe(1);
    expect(await rings(append)).toBe(1);
  });

  it('rings for a file that is rotated and one that appears', async () => {
    let number = 0;
    const rotate = () => {
      renameSync(join(folder, 'app.log'), join(folder, `app.log.${String(++number)}`));
      writeFileSync(join(folder, 'app.log'), '');
    };
    expect(await rings(rotate)).toBe(1);
  });

  it.runIf(existsSync('/proc/self/fdinfo'))('watches the folder alone, however many files are in it', async () => {
    for (let number = 0; number < 200; number++) writeFileSync(join(folder, `${String(number)}.log`), '');
    mkdirSync(join(folder, 'deep'));
    const before = kernelWatches();
    bell.arm([folder], () => {});
    await vi.waitFor(() => {
      expect(kernelWatches()).toBeGreaterThan(before);
    });
    expect(kernelWatches() - before).toBeLessThanOrEqual(2);
  });
});

function kernelWatches(): number {
  return readdirSync('/proc/self/fdinfo').reduce((sum, descriptor) => {
    try {
      const info = readFileSync(join('/proc/self/fdinfo', descriptor), 'utf8');
      return sum + (info.match(/^inotify wd:/gm) ?? []).length;
    } catch {
      return sum;
    }
  }, 0);
}
