// Reports that the fixer refuses, kept for a person to look at; bounded by one older file.
import { appendFile, rename, stat } from 'node:fs/promises';
import type { IncidentReport } from '@levautofix/contract/incident-report';

const maxBytes = 5 * 1024 * 1024;

export class DeadLetterFile {
  readonly #path: string;
  readonly #now: () => number;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  async add(report: IncidentReport, reason: string): Promise<void> {
    const size = await stat(this.#path).then(
      (info) => info.size,
      () => 0,
    );
    if (size > maxBytes) await rename(this.#path, `${this.#path}.1`);
    const line = JSON.stringify({ refusedAt: new Date(this.#now()).toISOString(), reason, report });
    await appendFile(this.#path, `${line}\n`, { mode: 0o600 });
  }
}
