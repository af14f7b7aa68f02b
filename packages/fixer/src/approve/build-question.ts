// Turns a job and its incident into the question a person is asked: facts first, redacted, without a hidden character. Pure.
import { redactSecrets } from '@levautofix/contract/redact';
import type { Incident } from '../domain/incident.js';
import { describeCost } from '../domain/job-cost.js';
import type { ApprovalRequest, Job } from '../domain/job.js';
import { plainLine, plainText } from '../domain/plain-text.js';
import { checkOutcome } from '../domain/verification.js';
import type { ApprovalQuestion } from '../ports/approval-channel.js';

export interface QuestionContext {
  /** Kind of the sandbox the agent and the checks ran in. */
  sandbox: string;
  /** Exact secret values of this process that no question may show. */
  secrets: readonly string[];
}

export function buildQuestion(
  job: Job,
  incident: Incident,
  request: ApprovalRequest,
  { sandbox, secrets }: QuestionContext,
): ApprovalQuestion {
  const text = (value: string) => redactSecrets(plainText(value), secrets).trim();
  const line = (value: string) => redactSecrets(plainLine(value), secrets);
  const words = (value: string | undefined) => (value?.trim() ? text(value) : null);
  const passed = job.attempts.findLast((attempt) => attempt.outcome === 'passed');
  return {
    jobId: job.id,
    nonce: request.nonce,
    kind: job.commit === null ? 'start' : 'change',
    severity: job.severity,
    service: line(job.service),
    error: { type: line(incident.error.type), message: text(incident.error.message) },
    path: placeOf(incident, line),
    count: incident.count,
    release: incident.release === null ? null : line(incident.release),
    rootCause: words(job.proposal?.rootCause),
    summary: words(job.proposal?.summary),
    risk: words(job.proposal?.risk),
    result: job.result,
    files: (job.change?.files ?? []).map(({ path, linesAdded, linesDeleted }) => ({
      path: line(path),
      linesAdded,
      linesDeleted,
    })),
    checks: (passed?.checks ?? []).map((check) => {
      const { words: outcome, isGood } = checkOutcome(check);
      return { name: check.name, outcome, isGood, durationMs: check.durationMs };
    }),
    flags: job.flags.map((flag) => ({ ...flag, file: line(flag.file), note: line(flag.note) })),
    cost: describeCost(job.attempts),
    sandbox,
    commit: request.commit,
    diffHash: request.diffHash,
    diff: job.change ? text(job.change.diff) : null,
    expiresAt: request.expiresAt,
  };
}

function placeOf({ request, error }: Incident, line: (value: string) => string): string | null {
  if (request) return line(`${request.method} ${request.path}`);
  const frame = error.stack[0];
  return frame === undefined ? null : line(frame).replace(/^at /, '');
}
