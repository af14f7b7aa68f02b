// Incidents in MongoDB, exact without transactions: a report is counted by a compare-and-set that carries its id.
import { Fault } from '@levautofix/service-kit/fault';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { incidentId, newIncident, withReport, type Incident } from '../../domain/incident.js';
import { decodeCursor, toPage } from '../../domain/page-cursor.js';
import type { IncidentStore } from '../../ports/incident-store.js';
import { isDuplicateKey } from './mongo-fault.js';
import { fromIncident, toIncident, type IncidentDocument, type Models } from './models.js';

/** A lost compare-and-set means that another one got through, so this many in a row is no longer bad luck. */
const maxTries = 200;

export function createIncidentStore({ incidents, receipts }: Pick<Models, 'incidents' | 'receipts'>): IncidentStore {
  const read = (id: string) => incidents.findById(id).lean<IncidentDocument>().exec();

  const tryRecord = async (report: IncidentReport, now: number) => {
    const id = incidentId(report.service, report.fingerprint);
    // This order matters: whoever counts the report after this read makes the write below fail, whoever did before it shows
    // either in `unconfirmed` or, since the receipt is written before the id leaves that list, in the receipts.
    const stored = await read(id);
    const receipt = await receipts.findById(report.id).lean().exec();
    if (receipt) return { isDuplicate: true, incident: toIncident((await read(receipt.incidentId))!) };
    if (stored?.unconfirmed.includes(report.id)) {
      await confirm(report.id, id, now);
      return { isDuplicate: true, incident: toIncident(stored) };
    }
    const incident = stored ? withReport(toIncident(stored), report) : newIncident(report);
    if (!(await write(incident, stored, report.id))) return null;
    await confirm(report.id, id, now);
    return { isDuplicate: false, incident };
  };

  const write = async (incident: Incident, stored: IncidentDocument | null, reportId: string) => {
    const { _id, ...fields } = fromIncident(incident);
    if (stored) {
      const filter = { _id, version: stored.version };
      const { matchedCount } = await incidents.updateOne(filter, { $set: fields, $push: { unconfirmed: reportId } });
      return matchedCount === 1;
    }
    try {
      await incidents.collection.insertOne({ _id, ...fields, unconfirmed: [reportId] } as never);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };

  const confirm = async (reportId: string, id: string, now: number) => {
    await receipts
      .updateOne({ _id: reportId }, { $setOnInsert: { incidentId: id, receivedAt: now } }, { upsert: true })
      .catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
      });
    await incidents.updateOne({ _id: id }, { $pull: { unconfirmed: reportId } });
  };

  return {
    async record(report, now) {
      for (let tries = 0; tries < maxTries; tries++) {
        const result = await tryRecord(report, now);
        if (result) return result;
      }
      throw new Fault({
        code: 'database_busy',
        message: 'Too many fixers write the same incident at once.',
        remedy: 'It is tried again when the watcher sends the report again.',
        isRetryable: true,
      });
    },

    async get(id) {
      const stored = await read(id);
      return stored && toIncident(stored);
    },

    async find(service, fingerprint) {
      const stored = await read(incidentId(service, fingerprint));
      return stored && toIncident(stored);
    },

    async list({ state, limit, after }) {
      const cursor = after === undefined ? null : decodeCursor(after);
      const documents = await incidents
        .find({
          ...(state && { state }),
          ...(cursor && {
            $or: [{ lastSeenAt: { $lt: cursor.at } }, { lastSeenAt: cursor.at, _id: { $lt: cursor.id } }],
          }),
        })
        .sort({ lastSeenAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<IncidentDocument[]>()
        .exec();
      return toPage(documents.map(toIncident), limit, (incident) => ({ at: incident.lastSeenAt, id: incident.id }));
    },

    async update({ id, version }, patch) {
      const stored = await incidents
        .findOneAndUpdate({ _id: id, version }, { $set: patch, $inc: { version: 1 } }, { returnDocument: 'after' })
        .lean<IncidentDocument>()
        .exec();
      return stored && toIncident(stored);
    },

    async listWithoutJob(limit) {
      const documents = await incidents
        .find({ jobId: null, state: { $in: ['open', 'regressed'] } })
        .sort({ lastSeenAt: 1 })
        .limit(limit)
        .lean<IncidentDocument[]>()
        .exec();
      return documents.map(toIncident);
    },
  };
}
