// Log files are followed through everything that happens to them.
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ManualClock } from '@levautofix/service-kit/clock';
import { createLogger } from '@levautofix/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestWatcher, type TestWatcherOptions } from './line-events.testkit.js';

let folder: string;
let app: string;
let clock: ManualClock;
let log: { level: number; msg: string; path?: string }[];
let started: Awaited<ReturnType<typeof startTestWatcher>>[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logs-')));
  mkdirSync(join(folder, 'log'));
  app = join(folder, 'log', 'app.log');
  clock = new ManualClock();
  log = [];
  started = [];
});
afterEach(async () => {
  for (const watcher of started) await watcher.source.stop();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<TestWatcherOptions> = {}) {
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]) },
  });
  const patterns = [join(folder, 'log', '*.log')];
  const watcher = await startTestWatcher({ patterns, stateFolder: join(folder, 'state'), clock, logger, ...options });
  started.push(watcher);
  const read = async () => {
    await watcher.source.drain();
    await clock.advance(60);
    await watcher.source.drain();
    return watcher.lines;
  };
  const restart = async () => {
    await watcher.source.stop();
    await watcher.commit();
    return start(options);
  };
  return { ...watcher, read, restart };
}

function add(path: string, ...lines: string[]): void {
  appendFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

const warnings = () => log.filter((entry) => entry.level >= 40);

describe('first sight', () => {
  it('begins at the end, at the start of the line that is half written, and says how much it left out', async () => {
    appendFileSync(app, 'old\nhalf');
    const { read } = await start({ readFrom: 'end' });
    appendFileSync(app, ' line\nnew\n');
    expect(await read()).toEqual(['half line', 'new']);
    expect(log).toContainEqual(
      expect.objectContaining({ msg: 'following log files', readFrom: 'end', bytesSkipped: 4 }),
    );
  });

  it('reads a file that appears later from its beginning', async () => {
    const { read } = await start({ readFrom: 'end' });
    add(app, 'first', 'second');
    expect(await read()).toEqual(['first', 'second']);
  });

  it('reads a file that appeared while it was away from its beginning', async () => {
    add(app, 'one');
    const { read, restart } = await start({ readFrom: 'end' });
    await read();
    const other = join(folder, 'log', 'other.log');
    const second = restart();
    add(other, 'early');
    expect(await (await second).read()).toEqual(['early']);
  });

  it('does not ship old files again when a pattern is added', async () => {
    const other = join(folder, 'log', 'other.txt');
    add(other, 'old');
    const { source, commit, read } = await start({ readFrom: 'end' });
    await read();
    await source.stop();
    await commit();
    const next = await start({
      readFrom: 'end',
      patterns: [join(folder, 'log', '*.log'), join(folder, 'log', '*.txt')],
    });
    add(other, 'new');
    expect(await next.read()).toEqual(['new']);
  });

  it('leaves out what a pattern with an exclamation mark names, and does not ship it as new once it is let in', async () => {
    const [noisy, old] = [join(folder, 'log', 'noisy.log'), join(folder, 'log', 'old')];
    mkdirSync(old);
    for (const path of [app, noisy, join(old, 'a.log')]) add(path, `old of ${path}`);
    const patterns = [join(folder, 'log', '**', '*.log'), noisy];
    const first = await start({
      readFrom: 'end',
      patterns: [...patterns, `!${join(folder, 'log', 'nois*')}`, `!${old}`],
    });
    const write = (word: string) => {
      for (const [path, name] of Object.entries({ [app]: 'app', [noisy]: 'noisy', [join(old, 'a.log')]: 'a' }))
        add(path, `${word} ${name}`);
    };
    write('first');
    expect(await first.read()).toEqual(['first app']);
    await first.source.stop();
    await first.commit();
    const second = await start({ readFrom: 'end', patterns });
    write('second');
    expect((await second.read()).sort()).toEqual(['first app', 'second a', 'second app', 'second noisy']);
  });

  it('leaves packed files alone', async () => {
    writeFileSync(join(folder, 'log', 'app.1.log'), gzipSync('Error: old\n'));
    const { read, source } = await start();
    expect(await read()).toEqual([]);
    expect(source.stats().sources).toBe(0);
  });

  it('takes a name with brackets literally when there is such a file', async () => {
    const odd = join(folder, 'log', 'app[1].log');
    add(odd, 'one');
    const { read } = await start({ patterns: [odd] });
    expect(await read()).toEqual(['one']);
  });
});

describe('rotation', () => {
  it('reads a renamed file to its end, with lines written late, and its successor from the beginning', async () => {
    add(app, 'one');
    const { read, source } = await start();
    await read();
    add(app, 'two');
    renameSync(app, `${app}.1`);
    add(app, 'four');
    await read();
    add(`${app}.1`, 'three');
    const lines = await read();
    expect(lines.toSorted()).toEqual(['four', 'one', 'three', 'two']);
    expect(source.stats().rotations).toBe(1);
  });

  it('never joins the last half line to the next file', async () => {
    appendFileSync(app, 'one\nhalf');
    const { read } = await start();
    await read();
    unlinkSync(app);
    add(app, 'two');
    await read();
    await clock.advance(120_000);
    expect((await read()).toSorted()).toEqual(['half', 'one', 'two']);
  });

  it('finds what was rotated while it was away by identity', async () => {
    add(app, 'one');
    const first = await start();
    await first.read();
    const second = await first.restart();
    await second.source.stop();
    add(app, 'two');
    renameSync(app, `${app}.1`);
    add(app, 'three');
    expect((await (await start()).read()).toSorted()).toEqual(['one', 'three', 'two']);
  });

  it('starts over after copytruncate', async () => {
    add(app, 'one', 'two');
    const { read, source } = await start();
    await read();
    copyFileSync(app, `${app}.1`);
    truncateSync(app);
    add(app, 'x');
    expect(await read()).toEqual(['one', 'two', 'x']);
    expect(source.stats().truncations).toBe(1);
  });

  it.each(['app.log.1', 'app__2026-03-01.log'])(
    'does not ship the copy %s again, and finds in it what was cut off unread',
    async (name) => {
      const long = 'x'.repeat(1100);
      add(app, long, 'two');
      const { read } = await start({ patterns: [join(folder, 'log', '*.log*')] });
      await read();
      add(app, 'three');
      copyFileSync(app, join(folder, 'log', name));
      truncateSync(app);
      add(app, 'four');
      expect((await read()).toSorted()).toEqual(['four', 'three', 'two', long]);
    },
  );

  it('ships no copy again however quickly one rotation follows another', async () => {
    const { read, source } = await start({ patterns: [`${app}*`] });
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await clock.advance(20);
    };
    const expected: string[] = [];
    let bytes = 0;
    for (let rotation = 1; rotation <= 8; rotation++) {
      // Long enough to be told apart by its start.
      const written = Array.from({ length: 60 }, (_, n) => `rotation ${rotation} line ${n} ${'x'.repeat(30)}`);
      add(app, ...written);
      expected.push(...written);
      bytes += statSync(app).size;
      await until(() => source.stats().bytesRead >= bytes);
      copyFileSync(app, `${app}.${rotation}`);
      truncateSync(app);
      await until(() => source.stats().truncations === rotation);
    }
    expect(await read()).toEqual(expected);
    expect(source.stats().bytesRead).toBe(bytes);
  });

  describe('with other patterns than the last run', () => {
    const noisy = () => join(folder, 'log', 'noisy.log');

    /** Reads two files and a rotated one, and starts again with other patterns while each has got something. */
    async function restartWith(patterns: string[]) {
      add(app, 'one');
      add(noisy(), 'noise');
      const first = await start();
      await first.read();
      renameSync(app, `${app}.1`);
      await first.read();
      await first.source.stop();
      await first.commit();
      add(`${app}.1`, 'two');
      add(noisy(), 'more noise');
      const { read, source } = await start({ patterns });
      return { lines: (await read()).slice(2), source };
    }

    it.each([
      ['no pattern names any more', () => [app]],
      ['are left out now', () => [join(folder, 'log', '*.log'), `!${noisy()}`]],
    ])('drops quietly the files that %s, and reads a rotated one to its end', async (_name, patterns) => {
      const { lines, source } = await restartWith(patterns());
      expect(lines).toEqual(['two']);
      expect(source.stats().unreadable).toBe(0);
      expect(warnings().map(({ path }) => path)).not.toContain(noisy());
    });

    it('drops quietly the files of a folder that it watches no more', async () => {
      mkdirSync(join(folder, 'elsewhere'));
      add(join(folder, 'elsewhere', 'shop.log'), 'shop');
      const { source } = await restartWith([join(folder, 'elsewhere', '*.log')]);
      expect(source.stats()).toMatchObject({ unreadable: 0, sources: 1 });
      expect(warnings()).toEqual([]);
      expect(source.checkpoints().filter(({ kind }) => kind === 'file')).toHaveLength(1);
    });
  });

  it('finds in a copy what was written while it was away', async () => {
    const long = 'x'.repeat(1100);
    add(app, long, 'two');
    const { read, restart } = await start({ patterns: [join(folder, 'log', '*.log*')] });
    await read();
    const second = await restart();
    await second.source.stop();
    add(app, 'three');
    copyFileSync(app, `${app}.1`);
    truncateSync(app);
    add(app, 'four');
    const third = await start({ patterns: [join(folder, 'log', '*.log*')] });
    expect((await third.read()).toSorted()).toEqual(['four', 'three', 'two', long]);
  });

  it('waits for a copy that is still being made', async () => {
    const long = 'x'.repeat(1100);
    add(app, long, 'two', 'three');
    const { read } = await start({ patterns: [join(folder, 'log', '*.log*')] });
    await read();
    writeFileSync(`${app}.1`, `${long}\ntw`);
    await read();
    copyFileSync(app, `${app}.1`);
    await read();
    truncateSync(app);
    add(app, 'four');
    expect((await read()).toSorted()).toEqual(['four', 'three', 'two', long].toSorted());
  });

  it('notices a file that was truncated and has grown past the old offset, also while it was away', async () => {
    add(app, 'aaaa', 'bbbb');
    const first = await start();
    await first.read();
    writeFileSync(app, 'cccc\ndddd\neeee\nffff\n');
    expect(await first.read()).toEqual(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff']);
    const second = await first.restart();
    writeFileSync(app, 'gggg\nhhhh\niiii\njjjj\nkkkk\n');
    expect((await second.read()).slice(6)).toEqual(['gggg', 'hhhh', 'iiii', 'jjjj', 'kkkk']);
  });

  it('does not read a file again whose time alone has changed', async () => {
    add(app, 'one');
    const { read, source } = await start();
    await read();
    utimesSync(app, 1, 1);
    expect(await read()).toEqual(['one']);
    expect(source.stats().truncations).toBe(0);
  });

  it('skips the hole that a writer without append leaves after a truncation', async () => {
    const writer = openSync(app, 'w');
    writeSync(writer, 'one\ntwo\n');
    const { read } = await start();
    await read();
    truncateSync(app);
    writeSync(writer, 'three\n');
    closeSync(writer);
    expect(await read()).toEqual(['one', 'two', 'three']);
  });

  it('reads both of two files that begin alike', async () => {
    const banner = 'x'.repeat(2000);
    add(app, banner, 'a');
    add(join(folder, 'log', 'twin.log'), banner, 'b');
    const { read } = await start();
    expect((await read()).toSorted()).toEqual(['a', 'b', banner, banner]);
  });

  it('notices a new file that got the inode of the old one', async () => {
    add(app, 'one', 'two');
    const { read, restart } = await start();
    await read();
    const { ino } = statSync(app);
    const next = restart();
    const other = await next;
    await other.source.stop();
    unlinkSync(app);
    add(app, 'three', 'four', 'five');
    if (statSync(app).ino !== ino) return;
    expect(await (await start()).read()).toEqual(['one', 'two', 'three', 'four', 'five']);
  });
});

/** Folders' own watches excluded: files under the log folder that this process holds open. */
function heldFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(join(folder, 'log')) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe('the host comes first', () => {
  it.runIf(existsSync('/proc/self/fd'))('lets a deleted file go within seconds once it is read', async () => {
    add(app, 'one');
    const { read, source } = await start();
    await read();
    add(app, 'two');
    unlinkSync(app);
    expect(await read()).toEqual(['one', 'two']);
    expect(heldFiles()).toHaveLength(1);
    await clock.advance(7_000);
    await source.drain();
    expect(heldFiles()).toEqual([]);
    expect(source.stats()).toMatchObject({ sources: 0, bytesGivenUp: 0 });
  });

  it.runIf(existsSync('/proc/self/fd'))('lets a deleted file go after a minute although it still grows', async () => {
    const writer = openSync(app, 'a');
    const { read, source } = await start();
    await read();
    unlinkSync(app);
    for (let second = 0; second < 58; second++) {
      writeSync(writer, `line ${String(second)}\n`);
      await source.drain();
      await clock.advance(1_000);
    }
    // The writer's own descriptor, and the reader's.
    expect(heldFiles()).toHaveLength(2);
    await clock.advance(2_000);
    await source.drain();
    expect(heldFiles()).toHaveLength(1);
    closeSync(writer);
  });

  it('follows more files than it may hold open', async () => {
    const names = Array.from({ length: 20 }, (_, index) => join(folder, 'log', `f${String(index)}.log`));
    for (const name of names) add(name, `${name} 1`);
    const { read, source } = await start({ maxOpenFiles: 4 });
    await read();
    expect(source.stats().open).toBeLessThanOrEqual(4);
    for (const name of names) add(name, `${name} 2`);
    const lines = await read();
    expect(new Set(lines).size).toBe(40);
    expect(lines).toHaveLength(40);
    expect(source.stats().open).toBeLessThanOrEqual(4);
  });

  it('says once that a named file is missing, and waits for it', async () => {
    const { read } = await start({ patterns: [app] });
    await read();
    await read();
    expect(warnings()).toEqual([expect.objectContaining({ msg: 'no such log file yet; waiting for one' })]);
    add(app, 'one');
    expect(await read()).toEqual(['one']);
  });

  it('waits, with one warning, while the folder is a link in a circle, and goes on where it was', async () => {
    add(app, 'one');
    const { read, source } = await start({ patterns: [app] });
    await read();
    renameSync(join(folder, 'log'), join(folder, 'away'));
    symlinkSync('log', join(folder, 'log'));
    for (let turn = 0; turn < 3; turn++) await read();
    expect(source.stats().unreadable).toBe(1);
    unlinkSync(join(folder, 'log'));
    renameSync(join(folder, 'away'), join(folder, 'log'));
    add(app, 'two');
    expect(await read()).toEqual(['one', 'two']);
    expect(warnings()).toHaveLength(1);
    expect(source.stats().unreadable).toBe(0);
  });

  it('follows links only inside the watched folders', async () => {
    const secret = join(folder, 'secret.log');
    add(secret, 'secret');
    add(join(folder, 'log', 'real.txt'), 'inside');
    symlinkSync(secret, join(folder, 'log', 'evil.log'));
    symlinkSync(join(folder, 'log', 'real.txt'), join(folder, 'log', 'good.log'));
    const { read } = await start();
    expect(await read()).toEqual(['inside']);
    expect(warnings()).toEqual([expect.objectContaining({ path: join(folder, 'log', 'evil.log') })]);
    const allowed = await start({ extraRoots: [folder], stateFolder: join(folder, 'state2') });
    expect((await allowed.read()).toSorted()).toEqual(['inside', 'secret']);
  });

  // Nothing is unreadable to root.
  it.skipIf(process.getuid?.() === 0)('waits for an unreadable file with one warning', async () => {
    add(app, 'old');
    chmodSync(app, 0);
    const { read } = await start({ readFrom: 'end' });
    for (let turn = 0; turn < 5; turn++) await read();
    chmodSync(app, 0o644);
    add(app, 'new');
    expect(await read()).toEqual(['new']);
    expect(warnings()).toHaveLength(1);
  });

  it.skipIf(process.getuid?.() === 0)(
    'says once of a folder that it may not list that it is closed, not empty',
    async () => {
      add(app, 'old');
      chmodSync(join(folder, 'log'), 0o300);
      const { read, source } = await start();
      for (let turn = 0; turn < 3; turn++) await read();
      expect(warnings()).toMatchObject([{ msg: 'a folder cannot be listed; its log files are not seen' }]);
      expect(source.troubles?.()).toMatchObject([{ isMinor: false }]);
      chmodSync(join(folder, 'log'), 0o700);
      expect(await read()).toEqual(['old']);
      expect(source.troubles?.()).toEqual([]);
    },
  );
});

describe('on its own', () => {
  /** A search for files is real work, which the manual clock does not wait for. */
  async function pass(byMs: number) {
    for (let passed = 0; passed < byMs; passed += 500) {
      await clock.advance(500);
      while (clock.pendingTimers === 0) await nextTurn();
    }
  }

  it('reads news within a fifth of a second while lines come in, and looks once a second when quiet', async () => {
    add(app, 'one');
    const { lines, source } = await start({ patterns: [app] });
    await clock.advance(200);
    expect(source.stats().bytesRead).toBe(4);
    add(app, 'two');
    await clock.advance(200);
    expect(source.stats().bytesRead).toBe(8);
    await clock.advance(60_000);
    add(app, 'three');
    await clock.advance(1_001);
    expect(source.stats().bytesRead).toBe(14);
    await clock.advance(1_001);
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('finds a new file within seconds, however long nothing came before it', async () => {
    const { lines } = await start();
    await pass(40_000);
    add(app, 'one', 'two');
    await pass(7_000);
    expect(lines).toEqual(['one', 'two']);
  });

  it('finds what a link leads to by now, though nothing has changed beside the link', async () => {
    const target = join(folder, 'target');
    symlinkSync(target, app);
    const { lines } = await start({ extraRoots: [folder] });
    await pass(40_000);
    add(target, 'one', 'two');
    await pass(61_000);
    expect(lines).toEqual(['one', 'two']);
  });

  it('reads nothing more once it is stopped', async () => {
    const { source, lines } = await start();
    await source.stop();
    add(app, 'late');
    await source.drain();
    await clock.advance(10_000);
    expect(lines).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
