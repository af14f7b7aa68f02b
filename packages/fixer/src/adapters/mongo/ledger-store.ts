// The account of what agents cost, in MongoDB. Reservations go through one gate document, so that workers cannot pass a cap together:
// each is first put on the gate's pending list by a compare-and-set, then written; whoever comes next finishes what a crash left there.
import { Fault } from '@levautofix/service-kit/fault';
import type { LedgerEntry, LedgerStore } from '../../ports/ledger-store.js';
import { isDuplicateKey } from './mongo-fault.js';
import type { LedgerDocument, LedgerGateDocument, Models } from './models.js';

const gateId = 'gate';
const maxTries = 200;

export function createLedgerStore({ ledger, ledgerGate }: Pick<Models, 'ledger' | 'ledgerGate'>): LedgerStore {
  const insert = async (document: LedgerDocument) => {
    try {
      await ledger.collection.insertOne(document as never);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };

  const finish = async (document: LedgerDocument) => {
    await insert(document);
    await ledgerGate.updateOne({ _id: gateId }, { $pull: { pending: { _id: document._id } } });
  };

  /** Answers the gate's version, with everything that was pending at that version written. */
  const passGate = async (): Promise<number> => {
    const gate = await ledgerGate.findById(gateId).lean<LedgerGateDocument>().exec();
    for (const document of gate?.pending ?? []) await finish(document);
    if (gate) return gate.version;
    await ledgerGate
      .updateOne({ _id: gateId }, { $setOnInsert: { version: 0, pending: [] } }, { upsert: true })
      .catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
      });
    return passGate();
  };

  const total = async ({ since, jobId }: { since: number; jobId?: string }) => {
    const filter = { at: { $gte: since }, ...(jobId !== undefined && { jobId }) };
    const entries = await ledger.find(filter).lean<LedgerDocument[]>().exec();
    // From the one read: a second one could see a settlement whose amount the first had missed.
    const heldUsd = entries.reduce((sum, { _id, kind, usd }) => {
      const parts = kind === 'reserved' ? entries.filter(({ settles }) => settles === _id) : [];
      if (kind !== 'reserved' || parts.some((part) => part.kind === 'spent')) return sum;
      return sum + Math.max(0, usd - parts.reduce((spent, part) => spent + part.usd, 0));
    }, 0);
    const spentUsd = entries.reduce((sum, { kind, usd }) => (kind === 'reserved' ? sum : sum + usd), 0);
    return { usd: spentUsd + heldUsd, heldUsd, tokens: entries.reduce((sum, { tokens }) => sum + tokens, 0) };
  };

  return {
    async append(entry) {
      await insert(toDocument(entry));
    },

    async reserve(entry, { since, capUsd }) {
      const document = toDocument(entry);
      for (let tries = 0; tries < maxTries; tries++) {
        const version = await passGate();
        if (await ledger.exists({ _id: entry.id })) return true;
        if ((await total({ since })).usd + entry.usd > capUsd) return false;
        const { matchedCount } = await ledgerGate.updateOne(
          { _id: gateId, version },
          { $inc: { version: 1 }, $push: { pending: document } },
        );
        if (matchedCount === 0) continue;
        await finish(document);
        return true;
      }
      throw new Fault({
        code: 'database_busy',
        message: 'Too many fixers reserve money at once.',
        remedy: 'It is tried again; run fewer fixers on one queue if this goes on.',
        isRetryable: true,
      });
    },

    async total(query) {
      await passGate();
      return total(query);
    },

    async entries(jobId) {
      await passGate();
      const found = await ledger.find({ jobId }).sort({ at: 1 }).lean<LedgerDocument[]>().exec();
      return found.map(({ _id, ...entry }) => ({ id: _id, ...entry }));
    },
  };
}

function toDocument({ id, ...entry }: LedgerEntry): LedgerDocument {
  return { _id: id, ...entry };
}
