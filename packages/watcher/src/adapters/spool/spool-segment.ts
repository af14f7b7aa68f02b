// One append-only file of the spool: a line of JSON for each report, on disk before an append resolves.
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { incidentReportSchema, type IncidentReport } from '@levautofix/contract/incident-report';
import type { Severity } from '@levautofix/contract/severity';

/** Where a report lies on disk, and what is needed to choose among reports without reading them. */
export interface SpoolEntry {
  sequence: number;
  id: string;
  severity: Severity;
  /** Milliseconds since the epoch. */
  firstSeenAt: number;
  segment: SpoolSegment;
  offset: number;
  bytes: number;
}

const namePattern = /^segment-(\d{16})\.jsonl$/;

export class SpoolSegment {
  readonly path: string;
  /** Bytes of the file that are known to be whole lines. */
  size = 0;
  #handle: FileHandle | null = null;

  constructor(path: string) {
    this.path = path;
  }

  static firstSequence(fileName: string): number | null {
    const digits = namePattern.exec(fileName)?.[1];
    return digits === undefined ? null : Number(digits);
  }

  static named(folder: string, firstSequence: number): SpoolSegment {
    return new SpoolSegment(join(folder, `segment-${String(firstSequence).padStart(16, '0')}.jsonl`));
  }

  /** Reads what is whole; a line torn by a crash is skipped and counted. */
  async load(): Promise<{ entries: SpoolEntry[]; damaged: number }> {
    const content = await readFile(this.path);
    const entries: SpoolEntry[] = [];
    let damaged = 0;
    for (let start = 0; start < content.length;) {
      const newline = content.indexOf(10, start);
      const end = newline === -1 ? content.length : newline + 1;
      const record = newline === -1 ? null : parseRecord(content.toString('utf8', start, newline));
      if (record) entries.push(this.#entry(record.sequence, record.report, start, end - start));
      else damaged += 1;
      start = end;
    }
    this.size = content.length;
    return { entries, damaged };
  }

  async append(records: readonly { sequence: number; report: IncidentReport }[]): Promise<SpoolEntry[]> {
    const isNew = this.#handle === null;
    this.#handle ??= await open(this.path, 'a', 0o600);
    const entries: SpoolEntry[] = [];
    const lines: Buffer[] = [];
    let offset = this.size;
    for (const { sequence, report } of records) {
      const line = Buffer.from(`${JSON.stringify({ sequence, report })}\n`);
      lines.push(line);
      entries.push(this.#entry(sequence, report, offset, line.length));
      offset += line.length;
    }
    try {
      await writeAll(this.#handle, Buffer.concat(lines));
      await this.#handle.datasync();
      if (isNew) await syncFolder(dirname(this.path));
    } catch (error) {
      // A half-written line must not stand before what is written later.
      await this.#handle.truncate(this.size).catch(() => undefined);
      throw error;
    }
    this.size = offset;
    return entries;
  }

  async read(entries: readonly SpoolEntry[]): Promise<{ sequence: number; report: IncidentReport }[]> {
    const handle = await open(this.path, 'r');
    try {
      const records = [];
      for (const { offset, bytes } of entries) {
        const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset);
        const record = parseRecord(buffer.toString('utf8').trimEnd());
        if (record) records.push(record);
      }
      return records;
    } finally {
      await handle.close();
    }
  }

  /** Writes the file anew with these entries alone, to give back the space of the others. */
  async compact(entries: readonly SpoolEntry[]): Promise<void> {
    const records = await this.read(entries);
    await this.close();
    const copy = new SpoolSegment(`${this.path}.tmp`);
    const moved = await copy.append(records);
    await copy.close();
    await rename(copy.path, this.path);
    await syncFolder(dirname(this.path));
    this.size = copy.size;
    const bySequence = new Map(moved.map((entry) => [entry.sequence, entry]));
    for (const entry of entries) entry.offset = bySequence.get(entry.sequence)?.offset ?? entry.offset;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  #entry(sequence: number, report: IncidentReport, offset: number, bytes: number): SpoolEntry {
    const { id, severity, firstSeenAt } = report;
    return { sequence, id, severity, firstSeenAt: Date.parse(firstSeenAt), segment: this, offset, bytes };
  }
}

function parseRecord(line: string): { sequence: number; report: IncidentReport } | null {
  try {
    const { sequence, report } = JSON.parse(line) as { sequence: unknown; report: unknown };
    const parsed = incidentReportSchema.safeParse(report);
    return Number.isSafeInteger(sequence) && parsed.success
      ? { sequence: sequence as number, report: parsed.data }
      : null;
  } catch {
    return null;
  }
}

async function writeAll(handle: FileHandle, data: Buffer): Promise<void> {
  for (let written = 0; written < data.length;) {
    const { bytesWritten } = await handle.write(data, written);
    written += bytesWritten;
  }
}

/** A new name is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
