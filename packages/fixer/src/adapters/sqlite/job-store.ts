// The queue in SQLite: leases are columns, every write is a compare-and-set, a claim is one statement.
import { isTerminal } from '@levautofix/contract/job-state';
import { severities } from '@levautofix/contract/severity';
import type { HistoryEntry, Job } from '../../domain/job.js';
import { decodeCursor, toPage } from '../../domain/page-cursor.js';
import type { JobStore } from '../../ports/job-store.js';
import type { Connection, SqlRow, SqlValue } from './connection.js';

/** Columns that change without `body` being rewritten: they count, not their copies in the JSON. */
const columns = 'body, leased_by, leased_until, fence, version, crashes';

export function createJobStore(db: Connection): JobStore {
  const select = (clause: string, ...values: SqlValue[]) =>
    db.all(`SELECT ${columns} FROM jobs ${clause}`, ...values).map(toJob);

  return {
    async open(job) {
      return db.transaction(() => {
        const [existing] = select(
          'WHERE id = ? OR (service = ? AND fingerprint = ? AND is_open = 1) LIMIT 1',
          job.id,
          job.service,
          job.fingerprint,
        );
        if (existing) return { job: existing, isNew: false };
        const fields = toColumns(job);
        db.run(
          `INSERT INTO jobs (${Object.keys(fields).join(', ')}) VALUES (${Object.keys(fields)
            .map(() => '?')
            .join(', ')})`,
          ...Object.values(fields),
        );
        return { job, isNew: true };
      });
    },

    async get(id) {
      return select('WHERE id = ?', id)[0] ?? null;
    },

    async findByNonce(nonce) {
      return select('WHERE is_open = 1 AND nonce = ?', nonce)[0] ?? null;
    },

    async listByFingerprint(service, fingerprint) {
      return select('WHERE service = ? AND fingerprint = ? ORDER BY created_at DESC, id DESC', service, fingerprint);
    },

    async list({ state, limit, after }) {
      const { at, id } = after === undefined ? { at: Number.MAX_SAFE_INTEGER, id: '' } : decodeCursor(after);
      const rows = select(
        'WHERE (created_at, id) < (?, ?) AND (? IS NULL OR state = ?) ORDER BY created_at DESC, id DESC LIMIT ?',
        at,
        id,
        state ?? null,
        state ?? null,
        limit + 1,
      );
      return toPage(rows, limit, (job) => ({ at: job.createdAt, id: job.id }));
    },

    async listOpen() {
      return select('WHERE is_open = 1 ORDER BY created_at, id');
    },

    async claim({ id, now, leaseMs }) {
      const row = db.first(
        `UPDATE jobs SET crashes = crashes + (leased_by IS NOT NULL), leased_by = ?, leased_until = ?,
           fence = fence + 1, version = version + 1
         WHERE id = (
           SELECT id FROM jobs
           WHERE is_open = 1 AND not_before <= ? AND (leased_by IS NULL OR leased_by = ? OR leased_until <= ?)
           ORDER BY severity DESC, created_at, id LIMIT 1)
         RETURNING ${columns}`,
        id,
        now + leaseMs,
        now,
        id,
        now,
      );
      return row && toJob(row);
    },

    async renewLease({ id, fence }, leasedUntil) {
      // A job that somebody else wrote is not leased any more although its fence is unchanged.
      return (
        db.run(
          'UPDATE jobs SET leased_until = ? WHERE id = ? AND fence = ? AND leased_by IS NOT NULL',
          leasedUntil,
          id,
          fence,
        ) === 1
      );
    },

    async release({ id, fence }) {
      db.run('UPDATE jobs SET leased_by = NULL, leased_until = NULL WHERE id = ? AND fence = ?', id, fence);
    },

    async save(previous, next, entry) {
      return db.transaction(() => {
        const fields = toColumns(next);
        const changes = db.run(
          `UPDATE jobs SET ${Object.keys(fields)
            .map((name) => `${name} = ?`)
            .join(', ')} WHERE id = ? AND version = ? AND fence = ?`,
          ...Object.values(fields),
          previous.id,
          previous.version,
          previous.fence,
        );
        if (changes === 0) return false;
        db.run(
          'INSERT INTO job_history (job_id, version, body) VALUES (?, ?, ?)',
          previous.id,
          entry.version,
          JSON.stringify(entry),
        );
        return true;
      });
    },

    async history(jobId) {
      const rows = db.all('SELECT body FROM job_history WHERE job_id = ? ORDER BY version', jobId);
      return rows.map((row) => JSON.parse(row.body as string) as HistoryEntry);
    },

    async nextDueAt(now) {
      const row = db.first(
        'SELECT MIN(MAX(not_before, COALESCE(leased_until, 0))) AS due_at FROM jobs WHERE is_open = 1',
      );
      return row?.due_at == null ? null : Math.max(now, Number(row.due_at));
    },
  };
}

function toColumns(job: Job): Record<string, SqlValue> {
  return {
    id: job.id,
    service: job.service,
    fingerprint: job.fingerprint,
    state: job.state,
    is_open: isTerminal(job.state) ? 0 : 1,
    severity: severities.indexOf(job.severity),
    nonce: job.approval?.nonce ?? null,
    created_at: job.createdAt,
    not_before: job.notBefore,
    leased_by: job.leasedBy,
    leased_until: job.leasedUntil,
    fence: job.fence,
    version: job.version,
    crashes: job.crashes,
    body: JSON.stringify(job),
  };
}

function toJob(row: SqlRow): Job {
  return {
    ...(JSON.parse(row.body as string) as Job),
    leasedBy: row.leased_by as string | null,
    leasedUntil: row.leased_until as number | null,
    fence: row.fence as number,
    version: row.version as number,
    crashes: row.crashes as number,
  };
}
