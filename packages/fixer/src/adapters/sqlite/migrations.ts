// The shape of the database, forward only: a published migration is never changed, a new one is added below it.
import { Fault } from '@levautofix/service-kit/fault';
import type { Connection } from './connection.js';

// A whole incident or job is kept as JSON in `body`; columns hold what is searched, sorted or compared.
const migrations = [
  `
  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    job_id TEXT,
    last_seen_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_by_activity ON incidents (last_seen_at DESC, id DESC);
  CREATE INDEX incidents_without_job ON incidents (last_seen_at) WHERE job_id IS NULL;

  CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    received_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    nonce TEXT,
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    leased_by TEXT,
    leased_until INTEGER,
    fence INTEGER NOT NULL,
    version INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_open_job ON jobs (service, fingerprint) WHERE is_open = 1;
  CREATE INDEX jobs_by_fingerprint ON jobs (service, fingerprint, created_at DESC);
  CREATE INDEX jobs_by_age ON jobs (created_at DESC, id DESC);
  CREATE INDEX open_jobs_by_urgency ON jobs (severity DESC, created_at, id) WHERE is_open = 1;

  CREATE TABLE job_history (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job_id, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ledger (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    rung TEXT NOT NULL,
    at INTEGER NOT NULL,
    usd REAL NOT NULL,
    tokens INTEGER NOT NULL,
    kind TEXT NOT NULL,
    settles TEXT
  ) STRICT;
  CREATE INDEX ledger_by_time ON ledger (at);
  CREATE INDEX ledger_by_job ON ledger (job_id, at);
  CREATE INDEX ledger_settlements ON ledger (settles) WHERE settles IS NOT NULL;

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Following a published fix: fields of `body` that older rows lack, and a list of incidents by state.
  `
  UPDATE incidents SET body = json_set(body, '$.reason', NULL, '$.sightings', json('[]'), '$.fixes', json('[]'));
  UPDATE jobs SET body = json_set(body, '$.predecessor', NULL);
  CREATE INDEX incidents_by_state ON incidents (state, last_seen_at DESC, id DESC);
  `,
  // Admission of jobs. What had left the queue by then was admitted when it was made.
  `
  UPDATE jobs SET body = json_set(body, '$.admittedAt', iif(state = 'queued', NULL, created_at), '$.askedWith', NULL);
  `,
];

/** Answers true when the database was empty until now. */
export function migrate(connection: Connection): boolean {
  return connection.transaction(() => {
    const version = Number(connection.first('PRAGMA user_version')?.user_version ?? 0);
    if (version > migrations.length) {
      throw new Fault({
        code: 'database_newer',
        message: `The database ${connection.file} was written by a newer LevAutoFix (schema ${version}, this one knows ${migrations.length}).`,
        remedy: 'Update LevAutoFix, or set DATA_DIR to another folder.',
      });
    }
    for (const migration of migrations.slice(version)) connection.exec(migration);
    if (version < migrations.length) connection.exec(`PRAGMA user_version = ${migrations.length}`);
    return version === 0;
  });
}
