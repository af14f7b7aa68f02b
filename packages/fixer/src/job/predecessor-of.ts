// What a new job is told of the published fix it follows on. Pure.
import type { Job } from '../domain/job.js';
import { clip } from '../domain/plain-text.js';
import type { Predecessor, Remark } from '../domain/predecessor.js';

const maxDiff = 40_000;
const maxRemarks = 100;
const maxRemark = 4_000;

/** Null for a job that published nothing. */
export function predecessorOf(
  { id, pullRequest, proposal, change }: Job,
  { why, reason, remarks = [] }: Pick<Predecessor, 'why' | 'reason'> & { remarks?: readonly Remark[] },
): Predecessor | null {
  if (pullRequest === null) return null;
  return {
    jobId: id,
    why,
    pullRequest,
    reason,
    rootCause: proposal?.rootCause ?? '',
    diff: clip(change?.diff ?? '', maxDiff),
    remarks: remarks.slice(-maxRemarks).map((remark) => ({ ...remark, text: clip(remark.text, maxRemark) })),
  };
}
