// Whether a published fix may be merged without a look: small, proven, nothing odd about it, and nobody has said a word. Pure.
import type { Incident } from '../domain/incident.js';
import type { Job } from '../domain/job.js';
import type { Remark } from '../domain/predecessor.js';
import type { OutcomeCounts } from './count-outcomes.js';
import { missingRecord } from './merge-record.js';

export const maxMergeFiles = 5;
export const maxMergeLines = 80;
/** Checks of the host that have not begun look like no checks at all, and a person may want to have a look. */
export const mergeDelayMs = 10 * 60_000;

export interface MergeCase {
  incident: Pick<Incident, 'error'>;
  /** The one that published the fix. */
  job: Pick<Job, 'result' | 'flags' | 'change' | 'predecessor' | 'updatedAt' | 'approval' | 'commit'>;
  remarks: readonly Remark[];
  /** Types of errors that AUTO_MERGE names. */
  errorTypes: readonly string[];
  /** What became of all fixes so far. */
  outcomes: readonly OutcomeCounts[];
}

/** Null when it may be merged; else why not. Protected paths need no rule: a change that touches one is never published. */
export function mergeObstacle({ incident, job, remarks, errorTypes, outcomes }: MergeCase, now: number): string | null {
  const { type } = incident.error;
  if (!errorTypes.includes(type)) return 'AUTO_MERGE does not name this type of error';
  if (job.result !== 'proven') return 'it is not proven';
  // Approved before its repair, or by nobody, the change itself was seen by no one.
  const isApproved = job.approval?.decision?.answer === 'approve' && job.approval.commit === job.commit;
  if (!isApproved || job.commit === null) return 'nobody approved exactly this change';
  if (job.predecessor !== null) return 'it makes an earlier fix better';
  if (job.flags.length > 0) return 'something in it asks for a second look';
  if (!isSmall(job)) return 'it is not small';
  if (remarks.length > 0) return 'somebody wrote about it';
  if (now - job.updatedAt < mergeDelayMs) return 'it is too young';
  return missingRecord(type, outcomes);
}

function isSmall({ change }: Pick<Job, 'change'>): boolean {
  if (change === null) return false;
  const { files, linesAdded, linesDeleted } = change;
  const isPlain = files.every((file) => !file.isBinary && ['added', 'modified'].includes(file.kind));
  return isPlain && files.length <= maxMergeFiles && linesAdded + linesDeleted <= maxMergeLines;
}
