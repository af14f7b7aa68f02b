// The queue in MongoDB: each write is one compare-and-set on one document, right on a standalone server too.
import { Fault } from '@levautofix/service-kit/fault';
import type { Job } from '../../domain/job.js';
import { decodeCursor, toPage } from '../../domain/page-cursor.js';
import type { JobStore } from '../../ports/job-store.js';
import { isDuplicateKey } from './mongo-fault.js';
import { fromJob, toJob, type JobDocument, type Models } from './models.js';

const withoutHistory = { history: 0 } as const;
const maxTries = 200;

export function createJobStore({ jobs }: Pick<Models, 'jobs'>): JobStore {
  const one = async (filter: object) => {
    const found = await jobs.findOne(filter, withoutHistory).lean<JobDocument>().exec();
    return found && toJob(found);
  };
  const many = async (filter: object, sort: Record<string, 1 | -1>, limit = 0) => {
    const found = await jobs.find(filter, withoutHistory).sort(sort).limit(limit).lean<JobDocument[]>().exec();
    return found.map(toJob);
  };

  return {
    async open(job) {
      const { _id, ...fields } = fromJob(job);
      for (let tries = 0; tries < maxTries; tries++) {
        const existing = (await one({ _id })) ?? (await one({ ...identity(job), isOpen: true }));
        if (existing) return { job: existing, isNew: false };
        try {
          await jobs.collection.insertOne({ _id, ...fields, history: [] } as never);
          return { job, isNew: true };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
      }
      throw busy();
    },

    async get(id) {
      return one({ _id: id });
    },

    async findByNonce(nonce) {
      return one({ nonce, isOpen: true });
    },

    async listByFingerprint(service, fingerprint) {
      return many({ service, fingerprint }, { createdAt: -1, _id: -1 });
    },

    async list({ state, limit, after }) {
      const cursor = after === undefined ? null : decodeCursor(after);
      const filter = {
        ...(state && { state }),
        ...(cursor && { $or: [{ createdAt: { $lt: cursor.at } }, { createdAt: cursor.at, _id: { $lt: cursor.id } }] }),
      };
      const found = await many(filter, { createdAt: -1, _id: -1 }, limit + 1);
      return toPage(found, limit, (job) => ({ at: job.createdAt, id: job.id }));
    },

    async listOpen() {
      return many({ isOpen: true }, { createdAt: 1, _id: 1 });
    },

    async claim({ id, now, leaseMs }) {
      const isFree = [{ leasedBy: null }, { leasedBy: id }, { leasedUntil: { $lte: now } }];
      for (let tries = 0; tries < maxTries; tries++) {
        const due = await jobs
          .findOne({ isOpen: true, notBefore: { $lte: now }, $or: isFree }, withoutHistory)
          .sort({ rank: -1, createdAt: 1, _id: 1 })
          .lean<JobDocument>()
          .exec();
        if (!due) return null;
        const { _id, version, fence, leasedBy, leasedUntil } = due;
        // The lease is compared too: renewing it changes neither version nor fence.
        const claimed = await jobs
          .findOneAndUpdate(
            { _id, version, fence, leasedBy, leasedUntil },
            {
              $set: { leasedBy: id, leasedUntil: now + leaseMs },
              $inc: { fence: 1, version: 1, crashes: leasedBy === null ? 0 : 1 },
            },
            { returnDocument: 'after', projection: withoutHistory },
          )
          .lean<JobDocument>()
          .exec();
        if (claimed) return toJob(claimed);
      }
      throw busy();
    },

    async renewLease({ id, fence }, leasedUntil) {
      // A job that somebody else wrote is not leased any more although its fence is unchanged.
      const filter = { _id: id, fence, leasedBy: { $ne: null } };
      return (await jobs.updateOne(filter, { $set: { leasedUntil } })).matchedCount === 1;
    },

    async release({ id, fence }) {
      await jobs.updateOne({ _id: id, fence }, { $set: { leasedBy: null, leasedUntil: null } });
    },

    async save(previous, next, entry) {
      const { _id, ...fields } = fromJob(next);
      const filter = { _id, version: previous.version, fence: previous.fence };
      const { matchedCount } = await jobs.updateOne(filter, { $set: fields, $push: { history: entry } });
      return matchedCount === 1;
    },

    async history(jobId) {
      const found = await jobs.findOne({ _id: jobId }, { history: 1 }).lean<Pick<JobDocument, 'history'>>().exec();
      return found?.history ?? [];
    },

    async nextDueAt(now) {
      const [found] = await jobs.aggregate<{ dueAt: number }>([
        { $match: { isOpen: true } },
        { $group: { _id: null, dueAt: { $min: { $max: ['$notBefore', '$leasedUntil'] } } } },
      ]);
      return found ? Math.max(now, found.dueAt) : null;
    },
  };
}

function identity({ service, fingerprint }: Job) {
  return { service, fingerprint };
}

function busy(): Fault {
  return new Fault({
    code: 'database_busy',
    message: 'Too many fixers write the queue at once.',
    remedy: 'It is tried again; run fewer fixers on one queue if this goes on.',
    isRetryable: true,
  });
}
