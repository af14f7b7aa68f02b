// Settles what runs of a job that were killed had set aside.
import type { LedgerStore } from '../ports/ledger-store.js';

/**
 * Only for whoever holds the job, or once it has ended: what runs would be taken for dead. A killed run cost what it had streamed,
 * and all that was set aside for it when nothing is known.
 */
export async function settleOrphans(
  jobId: string,
  ledger: Pick<LedgerStore, 'entries' | 'append'>,
  now: number,
): Promise<void> {
  const entries = await ledger.entries(jobId);
  for (const hold of entries.filter(({ kind }) => kind === 'reserved')) {
    const parts = entries.filter(({ settles }) => settles === hold.id);
    if (parts.some(({ kind }) => kind === 'spent')) continue;
    const isPriced = parts.some(({ usd }) => usd > 0);
    await ledger.append({
      ...hold,
      id: `${hold.id}/end`,
      at: Math.max(now, hold.at),
      usd: isPriced ? 0 : hold.usd,
      tokens: 0,
      kind: 'spent',
      settles: hold.id,
    });
  }
}
