// The account of what agents cost, in SQLite.
import type { LedgerEntry, LedgerStore } from '../../ports/ledger-store.js';
import type { Connection, SqlRow } from './connection.js';

export function createLedgerStore(db: Connection): LedgerStore {
  const append = (entry: LedgerEntry) =>
    db.run(
      `INSERT INTO ledger (id, job_id, attempt, rung, at, usd, tokens, kind, settles) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
      entry.id,
      entry.jobId,
      entry.attempt,
      entry.rung,
      entry.at,
      entry.usd,
      entry.tokens,
      entry.kind,
      entry.settles,
    );

  const total = (since: number, jobId: string | null) => {
    const row = db.first(
      `SELECT COALESCE(SUM(usd), 0) AS spent, COALESCE(SUM(held), 0) AS held, COALESCE(SUM(tokens), 0) AS tokens FROM (
         SELECT tokens, CASE WHEN kind = 'reserved' THEN 0 ELSE usd END AS usd,
           CASE WHEN kind <> 'reserved'
               OR EXISTS (SELECT 1 FROM ledger WHERE settles = entry.id AND kind = 'spent') THEN 0
             ELSE MAX(0, usd - (SELECT COALESCE(SUM(usd), 0) FROM ledger WHERE settles = entry.id)) END AS held
         FROM ledger AS entry WHERE at >= ? AND (? IS NULL OR job_id = ?))`,
      since,
      jobId,
      jobId,
    );
    const heldUsd = Number(row?.held);
    return { usd: Number(row?.spent) + heldUsd, heldUsd, tokens: Number(row?.tokens) };
  };

  return {
    async append(entry) {
      append(entry);
    },

    async reserve(entry, { since, capUsd }) {
      return db.transaction(() => {
        if (db.first('SELECT 1 FROM ledger WHERE id = ?', entry.id)) return true;
        if (total(since, null).usd + entry.usd > capUsd) return false;
        append(entry);
        return true;
      });
    },

    async total({ since, jobId }) {
      return total(since, jobId ?? null);
    },

    async entries(jobId) {
      return db.all('SELECT * FROM ledger WHERE job_id = ? ORDER BY at, rowid', jobId).map(toEntry);
    },
  };
}

function toEntry(row: SqlRow): LedgerEntry {
  return {
    id: row.id as string,
    jobId: row.job_id as string,
    attempt: row.attempt as number,
    rung: row.rung as string,
    at: row.at as number,
    usd: row.usd as number,
    tokens: row.tokens as number,
    kind: row.kind as LedgerEntry['kind'],
    settles: row.settles as string | null,
  };
}
