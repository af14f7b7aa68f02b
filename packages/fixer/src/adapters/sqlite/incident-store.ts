// Incidents in SQLite: a report and what it changes are one transaction.
import { newIncident, incidentId, withReport, type Incident } from '../../domain/incident.js';
import { decodeCursor, toPage } from '../../domain/page-cursor.js';
import type { IncidentStore } from '../../ports/incident-store.js';
import type { Connection, SqlRow } from './connection.js';

export function createIncidentStore(db: Connection): IncidentStore {
  const read = (id: string) => toIncident(db.first('SELECT body FROM incidents WHERE id = ?', id));

  const write = (incident: Incident) =>
    db.run(
      `INSERT INTO incidents (id, state, job_id, last_seen_at, version, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, job_id = excluded.job_id,
         last_seen_at = excluded.last_seen_at, version = excluded.version, body = excluded.body`,
      incident.id,
      incident.state,
      incident.jobId,
      incident.lastSeenAt,
      incident.version,
      JSON.stringify(incident),
    );

  return {
    async record(report, now) {
      return db.transaction(() => {
        const known = db.first('SELECT incident_id FROM reports WHERE id = ?', report.id);
        if (known) return { isDuplicate: true, incident: read(known.incident_id as string)! };
        const stored = read(incidentId(report.service, report.fingerprint));
        const incident = stored ? withReport(stored, report) : newIncident(report);
        write(incident);
        db.run('INSERT INTO reports (id, incident_id, received_at) VALUES (?, ?, ?)', report.id, incident.id, now);
        return { isDuplicate: false, incident };
      });
    },

    async get(id) {
      return read(id);
    },

    async find(service, fingerprint) {
      return read(incidentId(service, fingerprint));
    },

    async list({ state, limit, after }) {
      const { at, id } = after === undefined ? { at: Number.MAX_SAFE_INTEGER, id: '' } : decodeCursor(after);
      const rows = db.all(
        `SELECT body FROM incidents WHERE (last_seen_at, id) < (?, ?) ${state === undefined ? '' : 'AND state = ?'}
         ORDER BY last_seen_at DESC, id DESC LIMIT ?`,
        at,
        id,
        ...(state === undefined ? [] : [state]),
        limit + 1,
      );
      return toPage(rows.map(fromRow), limit, (incident) => ({ at: incident.lastSeenAt, id: incident.id }));
    },

    async update(incident, patch) {
      return db.transaction(() => {
        const stored = read(incident.id);
        if (stored?.version !== incident.version) return null;
        const next = { ...stored, ...patch, version: stored.version + 1 };
        write(next);
        return next;
      });
    },

    async listWithoutJob(limit) {
      const rows = db.all(
        `SELECT body FROM incidents WHERE job_id IS NULL AND state IN ('open', 'regressed') ORDER BY last_seen_at LIMIT ?`,
        limit,
      );
      return rows.map(fromRow);
    },
  };
}

function toIncident(row: SqlRow | null): Incident | null {
  return row && fromRow(row);
}

function fromRow(row: SqlRow): Incident {
  return JSON.parse(row.body as string) as Incident;
}
