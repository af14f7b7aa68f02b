// Keeps the watcher's snapshot in two files that are written in turn, so that the last good copy always outlives a damaged one.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@levautofix/service-kit/fault';
import { z } from 'zod';
import type { CheckpointStore, Snapshot } from '../../ports/checkpoint-store.js';

const formatVersion = 1;
const slotNames = ['snapshot-a.json', 'snapshot-b.json'] as const;

const header = z.object({ version: z.number().int(), sequence: z.number().int().nonnegative(), sha256: z.string() });
const offset = z.number().int().nonnegative();
const checkpoint = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    path: z.string(),
    device: z.string(),
    inode: z.string(),
    headLength: offset,
    headHash: z.string(),
    offset,
    readOffset: offset,
    tailHash: z.string(),
  }),
  z.object({ kind: z.literal('pattern'), pattern: z.string() }),
  z.object({ kind: z.literal('journal'), name: z.string(), cursor: z.string() }),
]);
const body = z.object({ checkpoints: z.array(checkpoint), pipeline: z.unknown() });

/** Moments of `save` at which a test lets the process die. */
export type SavePoint = 'before-write' | 'after-write' | 'after-rename';

interface Slot {
  sequence: number;
  snapshot: Snapshot;
}

export class SnapshotFile implements CheckpointStore {
  readonly #directory: string;
  readonly #reach: (point: SavePoint) => void;
  #sequence = 0;
  #hasDirectory = false;
  #saved: string | null = null;
  #waiting: { text: string; done: Promise<void> } | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(directory: string, reach: (point: SavePoint) => void = () => {}) {
    this.#directory = directory;
    this.#reach = reach;
  }

  async load(): Promise<{ snapshot: Snapshot | null; warning: string | null }> {
    const slots: Slot[] = [];
    const damages: string[] = [];
    for (const name of slotNames) {
      try {
        const slot = await readSlot(join(this.#directory, name));
        if (slot) slots.push(slot);
      } catch (error) {
        damages.push(`${name}: ${describeError(error)}`);
      }
    }
    slots.sort((a, b) => b.sequence - a.sequence);
    const newest = slots[0];
    this.#sequence = newest?.sequence ?? 0;
    if (damages.length === 0) return { snapshot: newest?.snapshot ?? null, warning: null };
    const consequence = newest
      ? 'The last good copy is used; the lines of about one commit may be reported again.'
      : 'No good copy is left; reading begins as at a first start.';
    return {
      snapshot: newest?.snapshot ?? null,
      warning: `Saved state is damaged (${damages.join('; ')}). ${consequence}`,
    };
  }

  save(snapshot: Snapshot): Promise<void> {
    // Turned into text at once: what the caller changes afterwards belongs to the next cut.
    const text = JSON.stringify({ checkpoints: snapshot.checkpoints, pipeline: snapshot.pipeline });
    if (this.#waiting) {
      this.#waiting.text = text;
      return this.#waiting.done;
    }
    const turn = { text, done: Promise.resolve() };
    turn.done = this.#running.then(() => {
      this.#waiting = null;
      return this.#write(turn.text);
    });
    this.#waiting = turn;
    this.#running = turn.done.catch(() => {});
    return turn.done;
  }

  async #write(text: string): Promise<void> {
    if (text === this.#saved) return;
    const sequence = this.#sequence + 1;
    const target = join(this.#directory, slotNames[sequence % 2] as string);
    const draft = `${target}.tmp`;
    this.#reach('before-write');
    try {
      if (!this.#hasDirectory) await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      this.#hasDirectory = true;
      const first = JSON.stringify({ version: formatVersion, sequence, sha256: digest(text) });
      await writeDurably(draft, `${first}\n${text}\n`);
      this.#reach('after-write');
      await rename(draft, target);
    } catch (error) {
      // Somebody may have taken the folder away.
      this.#hasDirectory = false;
      await rm(draft, { force: true }).catch(() => {});
      throw error;
    }
    this.#reach('after-rename');
    await syncDirectory(this.#directory);
    this.#sequence = sequence;
    this.#saved = text;
  }
}

/** Null when there is no such file. Throws when it cannot be trusted. */
async function readSlot(path: string): Promise<Slot | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  if (text === '') throw new Error('the file is empty');
  const newline = text.indexOf('\n');
  const content = text.slice(newline + 1, -1);
  const { version, sequence, sha256 } = parse(header, text.slice(0, newline), 'the header is unreadable');
  if (version !== formatVersion)
    throw new Error(`written in format ${String(version)}, this program reads ${String(formatVersion)}`);
  if (!text.endsWith('\n') || digest(content) !== sha256) throw new Error('the checksum does not match');
  const { checkpoints, pipeline } = parse(body, content, 'the content is not as expected');
  return { sequence, snapshot: { checkpoints, pipeline } };
}

function parse<T>(schema: z.ZodType<T>, text: string, complaint: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(complaint, { cause });
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without it a rename may be undone by a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
