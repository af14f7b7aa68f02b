// The spool in a folder: append-only segments, bounded in size, read and acknowledged in order.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { severities } from '@levautofix/contract/severity';
import { z } from 'zod';
import type { ReportSpool, SpooledReport } from '../../ports/report-spool.js';
import { DeadLetterFile } from './dead-letter-file.js';
import { SpoolSegment, type SpoolEntry } from './spool-segment.js';

export interface FileSpoolOptions {
  /** Created where it is missing. One process at a time: the state lock of the same folder sees to that. */
  folder: string;
  /** Bound for the reports that wait; segments not yet compacted come on top, at most half as much again. */
  maxBytes: number;
  now: () => number;
}

const positionSchema = z.object({
  spoolId: z.string().min(1),
  acknowledged: z.number().int().nonnegative(),
  dropped: z.number().int().nonnegative(),
  rejected: z.number().int().nonnegative(),
});

export class FileSpool implements ReportSpool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #deadLetters: DeadLetterFile;
  #position = { spoolId: randomBytes(6).toString('hex'), acknowledged: 0, dropped: 0, rejected: 0 };
  #entries: SpoolEntry[] = [];
  #segments: SpoolSegment[] = [];
  #active: SpoolSegment | null = null;
  #lastSequence = 0;
  #liveBytes = 0;
  #work: Promise<unknown> = Promise.resolve();

  private constructor({ folder, maxBytes, now }: FileSpoolOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(1024 * 1024, Math.max(16 * 1024, Math.floor(maxBytes / 16)));
    this.#deadLetters = new DeadLetterFile(join(folder, 'dead-letter.jsonl'), now);
  }

  /** Reads what an earlier process left; `damaged` counts lines torn by a crash. */
  static async open(options: FileSpoolOptions): Promise<{ spool: FileSpool; damaged: number }> {
    const spool = new FileSpool(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    return { spool, damaged: await spool.#load() };
  }

  /** Names this spool; it changes when the folder is emptied, and with it the meaning of sequence numbers. */
  get spoolId(): string {
    return this.#position.spoolId;
  }

  append(reports: readonly IncidentReport[]): Promise<void> {
    return this.#exclusively(async () => {
      const known = new Set(this.#entries.map(({ id }) => id));
      const fresh = reports.filter(({ id }) => !known.has(id) && known.add(id));
      if (fresh.length === 0) return;
      if (!this.#active || this.#active.size >= this.#segmentBytes) await this.#startSegment();
      const records = fresh.map((report, index) => ({ sequence: this.#lastSequence + 1 + index, report }));
      const added = await this.#active!.append(records);
      this.#lastSequence += records.length;
      this.#take(added);
      await this.#makeRoom();
    });
  }

  async read(after: number, limit: number): Promise<SpooledReport[]> {
    return this.#exclusively(async () => {
      const wanted = this.#entries.filter(({ sequence }) => sequence > after).slice(0, limit);
      const found: SpooledReport[] = [];
      for (const segment of new Set(wanted.map((entry) => entry.segment)))
        found.push(...(await segment.read(wanted.filter((entry) => entry.segment === segment))));
      return found;
    });
  }

  acknowledge(sequence: number): Promise<void> {
    return this.#exclusively(async () => {
      if (sequence <= this.#position.acknowledged) return;
      this.#position.acknowledged = Math.min(sequence, this.#lastSequence);
      this.#drop(this.#entries.filter((entry) => entry.sequence <= sequence));
      // The space first: on a full disk it is what lets the position be written.
      await this.#removeEmptySegments();
      await this.#savePosition();
    });
  }

  reject(sequence: number, reason: string): Promise<void> {
    return this.#exclusively(async () => {
      const entry = this.#entries.find((candidate) => candidate.sequence === sequence);
      const record = entry && (await entry.segment.read([entry]))[0];
      if (record) await this.#deadLetters.add(record.report, reason);
      this.#position.rejected += 1;
    });
  }

  stats() {
    const { dropped, rejected } = this.#position;
    return {
      reports: this.#entries.length,
      bytes: this.#liveBytes,
      dropped,
      rejected,
      oldestAt: this.#entries[0]?.firstSeenAt ?? null,
    };
  }

  close(): Promise<void> {
    return this.#exclusively(async () => {
      for (const segment of this.#segments) await segment.close();
    });
  }

  async #load(): Promise<number> {
    const position = positionSchema.safeParse(await readJson(this.#positionPath));
    if (position.success) this.#position = position.data;
    let damaged = 0;
    const names = (await readdir(this.#folder)).filter((name) => SpoolSegment.firstSequence(name) !== null).sort();
    for (const name of names) {
      const segment = new SpoolSegment(join(this.#folder, name));
      const loaded = await segment.load();
      damaged += loaded.damaged;
      this.#segments.push(segment);
      this.#lastSequence = Math.max(this.#lastSequence, SpoolSegment.firstSequence(name)! - 1);
      for (const entry of loaded.entries) this.#lastSequence = Math.max(this.#lastSequence, entry.sequence);
      this.#take(loaded.entries.filter((entry) => entry.sequence > this.#position.acknowledged));
    }
    this.#lastSequence = Math.max(this.#lastSequence, this.#position.acknowledged);
    // Old segments are never appended to: what a crash tore stays at the end of its file.
    await this.#removeEmptySegments();
    return damaged;
  }

  async #startSegment(): Promise<void> {
    await this.#active?.close();
    if (this.#segments.length === 0) await this.#savePosition();
    this.#active = SpoolSegment.named(this.#folder, this.#lastSequence + 1);
    this.#segments = [...this.#segments.filter(({ path }) => path !== this.#active!.path), this.#active];
  }

  #take(entries: readonly SpoolEntry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#liveBytes += entry.bytes;
    }
  }

  #drop(entries: readonly SpoolEntry[]): void {
    const gone = new Set(entries);
    if (gone.size === 0) return;
    this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    for (const { bytes } of gone) this.#liveBytes -= bytes;
  }

  /** The least severe and then oldest give way, until a tenth is free again. */
  async #makeRoom(): Promise<void> {
    if (this.#liveBytes <= this.#maxBytes) return;
    const byWorth = [...this.#entries].sort(
      (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.sequence - b.sequence,
    );
    const victims: SpoolEntry[] = [];
    let excess = this.#liveBytes - this.#maxBytes * 0.9;
    for (const entry of byWorth) {
      if (excess <= 0) break;
      victims.push(entry);
      excess -= entry.bytes;
    }
    this.#drop(victims);
    this.#position.dropped += victims.length;
    await this.#removeEmptySegments();
    for (const segment of this.#segments) {
      const live = this.#entries.filter((entry) => entry.segment === segment);
      const liveBytes = live.reduce((sum, { bytes }) => sum + bytes, 0);
      if (liveBytes < segment.size * 0.7) await segment.compact(live);
    }
    await this.#savePosition();
  }

  async #removeEmptySegments(): Promise<void> {
    const live = new Set(this.#entries.map(({ segment }) => segment));
    for (const segment of this.#segments) {
      if (live.has(segment)) continue;
      if (segment === this.#active) {
        // Its name carries the sequence on, should the position be lost; it goes when the next one starts.
        if (segment.size < this.#segmentBytes) continue;
        this.#active = null;
      }
      await segment.remove();
      this.#segments = this.#segments.filter((other) => other !== segment);
    }
  }

  get #positionPath(): string {
    return join(this.#folder, 'position.json');
  }

  async #savePosition(): Promise<void> {
    const draft = `${this.#positionPath}.tmp`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(this.#position));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.#positionPath);
  }

  #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    // Missing or damaged: everything in the segments is sent again, and the receiver knows each report by its id.
    return null;
  }
}
