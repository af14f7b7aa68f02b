// Conservation: whatever happens to the files and to the watcher, every numbered line is seen once, or was destroyed by someone else.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@levautofix/service-kit/clock';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { Killed, killPoints, startTestWatcher, type KillPoint } from './line-events.testkit.js';

/** A file as its writer and its destroyers know it, apart from any name. */
interface ModelFile {
  /** Complete lines in the file at the moment. */
  lines: string[];
  /** Bytes of a line whose rest is still to be written. */
  rest: string;
  path: string;
  /** The running watcher had a chance to open it. */
  wasOffered: boolean;
  /** A saved cut knows it. */
  wasCommitted: boolean;
}

const figures = {
  runs: 0,
  lines: 0,
  seen: 0,
  destroyed: 0,
  lost: 0,
  doubled: 0,
  torn: 0,
  readAgain: 0,
  kills: 0,
  reused: 0,
};
const killsAt = new Map<KillPoint, number>();

/** Longer than what a file's start is told apart by: some programs begin every log alike. */
const banner = `${'='.repeat(1100)}\n`;

class World {
  readonly #opening: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'conservation-'));
  readonly clock = new ManualClock();
  readonly written = new Set<string>();
  /** Gone from the disk before the watcher could have had them. */
  readonly destroyed = new Set<string>();
  readonly current = new Map<string, ModelFile>();
  rotated: ModelFile[] = [];
  unlinked: ModelFile[] = [];
  watcher!: Awaited<ReturnType<typeof startTestWatcher>>;
  committed: string[] = [];
  delivered = 0;
  #number = 0;
  #copies = 0;

  constructor(beginsAlike: boolean) {
    this.#opening = beginsAlike ? banner : '';
  }

  async start(): Promise<void> {
    mkdirSync(join(this.folder, 'log'), { recursive: true });
    const patterns = [join(this.folder, 'log', '*.log')];
    this.watcher = await startTestWatcher({
      patterns,
      stateFolder: join(this.folder, 'state'),
      clock: this.clock,
    });
    this.committed = [...this.watcher.lines];
    // What was deleted while nobody held it open is beyond anyone's reach.
    for (const file of this.unlinked) this.#destroy(file.lines, this.committed);
    this.unlinked = [];
    this.#forgetUnknown();
    this.#offer();
  }

  /** Renamed out of every pattern before any saved cut knew it: no restart can find it. A limit that is stated, so it is counted. */
  #forgetUnknown(): void {
    const known = new Set(
      this.watcher.source.checkpoints().map((checkpoint) => (checkpoint.kind === 'file' ? checkpoint.inode : null)),
    );
    this.rotated = this.rotated.filter((file) => {
      if (file.wasCommitted || known.has(String(statSync(file.path).ino))) return true;
      this.abandonLine(file);
      this.#destroy(file.lines, this.committed);
      return false;
    });
  }

  file(name: string): ModelFile {
    const path = join(this.folder, 'log', `${name}.log`);
    const known = this.current.get(name);
    if (known) return known;
    appendFileSync(path, this.#opening);
    const file = { lines: [], rest: '', path, wasOffered: false, wasCommitted: false };
    this.current.set(name, file);
    return file;
  }

  /** The writer's chunks end anywhere, also inside a line. */
  append(file: ModelFile, count: number, cut: number): void {
    let chunk = file.rest;
    if (file.rest !== '') file.lines.push(this.#lineOf(file));
    for (let index = 0; index < count; index++) {
      const line = `line-${String(++this.#number)}-${'y'.repeat((this.#number * 7) % 40)}.`;
      this.written.add(line);
      const text = `${line}\n`;
      const isLast = index === count - 1;
      if (isLast && cut % text.length > 0) {
        const at = cut % text.length;
        chunk += text.slice(0, at);
        file.rest = text.slice(at);
        this.#half.set(file, line);
        appendFileSync(file.path, chunk);
        return;
      }
      file.lines.push(line);
      chunk += text;
    }
    file.rest = '';
    appendFileSync(file.path, chunk);
  }

  readonly #half = new Map<ModelFile, string>();
  #lineOf(file: ModelFile): string {
    return this.#half.get(file) as string;
  }

  finishLine(file: ModelFile): void {
    if (file.rest === '') return;
    appendFileSync(file.path, file.rest);
    file.lines.push(this.#lineOf(file));
    file.rest = '';
  }

  /** The writer gives up the line it was in. */
  abandonLine(file: ModelFile): void {
    if (file.rest === '') return;
    this.destroyed.add(this.#lineOf(file));
    file.rest = '';
  }

  rename(name: string): void {
    const file = this.file(name);
    this.finishLine(file);
    if (!file.wasOffered) return;
    const target = `${file.path}.${String(++this.#copies)}`;
    renameSync(file.path, target);
    file.path = target;
    this.rotated.push(file);
    this.current.delete(name);
  }

  copyTruncate(name: string): void {
    const file = this.file(name);
    copyFileSync(file.path, join(this.folder, `copy-${String(++this.#copies)}`));
    this.truncate(file);
  }

  truncate(file: ModelFile): void {
    this.abandonLine(file);
    this.#destroy(file.lines, this.watcher.lines);
    this.overwritten.push(...file.lines);
    truncateSync(file.path);
    appendFileSync(file.path, this.#opening);
    file.lines = [];
  }
  /** Read by the running watcher, committed perhaps not yet, and on no disk any more. */
  overwritten: string[] = [];

  regrow(name: string): void {
    const file = this.file(name);
    const { size } = statSync(file.path);
    this.truncate(file);
    while (statSync(file.path).size <= size) this.append(file, 3, 0);
  }

  delete(name: string): number {
    const file = this.file(name);
    this.abandonLine(file);
    const { ino } = statSync(file.path);
    unlinkSync(file.path);
    this.unlinked.push(file);
    this.current.delete(name);
    // Held open, it is read to its end although its name is gone.
    if (!file.wasOffered) this.#destroy(file.lines, this.watcher.lines);
    return ino;
  }

  recreate(name: string): void {
    const ino = this.delete(name);
    const file = this.file(name);
    if (statSync(file.path).ino === ino) figures.reused++;
  }

  async drain(): Promise<void> {
    await this.watcher.source.drain();
    this.#offer();
  }

  async commit(): Promise<void> {
    const cut = [...this.watcher.lines];
    await this.watcher.commit();
    this.committed = cut;
    this.overwritten = [];
    for (const file of [...this.current.values(), ...this.rotated]) file.wasCommitted ||= file.wasOffered;
    this.unlinked = this.unlinked.filter((file) => !file.lines.every((line) => cut.includes(line)));
  }

  async restart(): Promise<void> {
    await this.watcher.source.stop();
    await this.commit();
    this.delivered += this.watcher.delivered();
    await this.start();
  }

  /** Everything in memory is gone; only the disk counts. */
  async kill(point: KillPoint): Promise<void> {
    this.watcher.dieAt(point);
    try {
      await this.watcher.source.drain();
      await this.watcher.commit();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      figures.kills++;
      killsAt.set(point, (killsAt.get(point) ?? 0) + 1);
    }
    // The descriptors of a killed process are closed by the system.
    await this.watcher.source.stop();
    const { overwritten } = this;
    this.overwritten = [];
    this.delivered += this.watcher.delivered();
    await this.start();
    this.#destroy(overwritten, this.committed);
  }

  async finish(): Promise<void> {
    for (const file of [...this.current.values(), ...this.rotated]) this.finishLine(file);
    for (let turn = 0; turn < 3; turn++) {
      await this.drain();
      await this.clock.advance(70_000);
    }
    await this.watcher.source.stop();
    this.delivered += this.watcher.delivered();
    rmSync(this.folder, { recursive: true });
  }

  verdict() {
    const seen = this.watcher.lines.filter((line) => !banner.startsWith(line));
    const times = new Map<string, number>();
    for (const line of seen) times.set(line, (times.get(line) ?? 0) + 1);
    return {
      lost: [...this.written].filter((line) => !times.has(line) && !this.destroyed.has(line)),
      doubled: [...times].filter(([line, count]) => count > 1 && this.written.has(line)).map(([line]) => line),
      torn: [...times.keys()].filter((line) => !this.written.has(line) && !this.#isPiece(line)),
      seen: [...times.keys()].filter((line) => this.written.has(line)).length,
    };
  }

  /** What was read of a line before the rest of it was destroyed. */
  #isPiece(text: string): boolean {
    return [...this.destroyed].some((line) => line.startsWith(text));
  }

  #destroy(lines: readonly string[], had: readonly string[]): void {
    for (const line of lines) if (!had.includes(line)) this.destroyed.add(line);
  }

  #offer(): void {
    for (const file of this.current.values()) if (existsSync(file.path)) file.wasOffered = true;
  }
}

type Step = (world: World) => void | Promise<void>;

const name = fc.constantFrom('app', 'worker');
const append = fc.tuple(name, fc.integer({ min: 1, max: 8 }), fc.nat(60));
const step: fc.Arbitrary<[string, Step]> = fc.oneof(
  {
    weight: 8,
    arbitrary: append.map(([n, count, cut]): [string, Step] => [
      `append ${n} ${String(count)} cut ${String(cut)}`,
      (w) => {
        w.append(w.file(n), count, cut);
      },
    ]),
  },
  { weight: 5, arbitrary: fc.constant<[string, Step]>(['drain', (w) => w.drain()]) },
  { weight: 3, arbitrary: fc.constant<[string, Step]>(['commit', (w) => w.commit()]) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(60, 1_500, 30_000)
      .map((ms): [string, Step] => [`wait ${String(ms)}`, (w) => w.clock.advance(ms)]),
  },
  {
    weight: 2,
    arbitrary: name.map((n): [string, Step] => [
      `rename ${n}`,
      (w) => {
        w.rename(n);
      },
    ]),
  },
  {
    weight: 2,
    arbitrary: fc.nat(60).map((cut): [string, Step] => [
      'late write',
      (w) => {
        const old = w.rotated.at(-1);
        if (old) w.append(old, 2, cut);
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: name.map((n): [string, Step] => [
      `copytruncate ${n}`,
      (w) => {
        w.copyTruncate(n);
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: name.map((n): [string, Step] => [
      `regrow ${n}`,
      (w) => {
        w.regrow(n);
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: name.map((n): [string, Step] => [
      `delete ${n}`,
      (w) => {
        w.delete(n);
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: name.map((n): [string, Step] => [
      `recreate ${n}`,
      (w) => {
        w.recreate(n);
      },
    ]),
  },
  { weight: 2, arbitrary: fc.constant<[string, Step]>(['restart', (w) => w.restart()]) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...killPoints).map((point): [string, Step] => [`kill ${point}`, (w) => w.kill(point)]),
  },
);

const numRuns = Number(process.env['CONSERVATION_RUNS'] ?? 200);

it(
  'loses nothing but what others destroyed, and tells nothing twice',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 5, maxLength: 60 }), async (beginsAlike, steps) => {
        const world = new World(beginsAlike);
        await world.start();
        for (const [, run] of steps) await run(world);
        await world.finish();
        const { lost, doubled, torn, seen } = world.verdict();
        figures.runs++;
        figures.lines += world.written.size;
        figures.seen += seen;
        figures.destroyed += [...world.destroyed].filter((line) => !world.watcher.lines.includes(line)).length;
        figures.lost += lost.length;
        figures.doubled += doubled.length;
        figures.torn += torn.length;
        figures.readAgain += world.delivered - world.watcher.lines.length;
        const story = steps.map(([label]) => label).join(', ');
        expect({ lost, doubled, torn }, story).toEqual({ lost: [], doubled: [], torn: [] });
      }),
      { numRuns },
    );
    expect([...killsAt.keys()].sort()).toEqual([...killPoints].sort());
  },
  120_000 + numRuns * 500,
);

afterAll(() => {
  console.log(`conservation: ${JSON.stringify({ ...figures, killsAt: Object.fromEntries(killsAt) })}`);
});
