// Tells every channel that showed a question what became of it; a channel that is away is told nothing more.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import type { Job } from '../domain/job.js';
import type { ApprovalChannel } from '../ports/approval-channel.js';
import type { IncidentStore } from '../ports/incident-store.js';
import { buildQuestion, type QuestionContext } from './build-question.js';

export interface ConcludeOptions {
  incidents: Pick<IncidentStore, 'get'>;
  channels: readonly ApprovalChannel[];
  context: QuestionContext;
  /** Told of a channel that could not be reached. */
  onFault: (channel: string, error: unknown) => void;
}

/** `asked` is the job whose question was shown. Never rejects: what became of a job does not depend on who hears of it. */
export async function concludeApproval(asked: Job, outcome: string, options: ConcludeOptions): Promise<void> {
  const { approval } = asked;
  if (!approval) return;
  const { incidents, channels, context, onFault } = options;
  const incident = await incidents.get(asked.incidentId).catch((error: unknown) => {
    onFault('store', error);
    return null;
  });
  if (!incident) return;
  const question = buildQuestion(asked, incident, approval, context);
  for (const channel of channels) {
    const reference = approval.shownAt[channel.name];
    if (reference === undefined) continue;
    await channel.conclude(reference, question, outcome).catch((error: unknown) => onFault(channel.name, error));
  }
}

/** One sentence for a job that went on or ended after its question. */
export function outcomeOf(job: Job): string {
  const by = job.approval?.decision ? ` by ${job.approval.decision.by}` : '';
  switch (job.state) {
    case 'published':
      return `✅ Approved${by}. Pull request: ${job.pullRequest?.url ?? 'opened'}`;
    case 'publishing':
    case 'preparing':
      return `✅ Approved${by}.`;
    case 'repairing':
      return `✍️ Sent back${by}.`;
    case 'rejected':
      return `❌ Skipped${by}. This error is ignored from now on; /reopen ${fingerprintDigits(job.fingerprint)} takes that back.`;
    case 'expired':
      return '⌛ Expired: nobody answered in time.';
    default:
      return `${job.state}${job.reason ? `: ${job.reason}` : ''}`;
  }
}
