// What a person is told when a job ended without a pull request: what was tried, how it went, what to do. Pure.
import { fingerprintDigits } from '@levautofix/contract/fingerprint';
import { redactSecrets } from '@levautofix/contract/redact';
import type { Incident } from '../domain/incident.js';
import { describeCost } from '../domain/job-cost.js';
import type { Job } from '../domain/job.js';
import { clip, plainLine, plainText } from '../domain/plain-text.js';

const maxReason = 1_500;

/** Plain text of a few lines. Null for an end that somebody chose or has seen: there is nothing to report. */
export function endReport(job: Job, incident: Incident, secrets: readonly string[]): string | null {
  if (!['declined', 'exhausted', 'failed'].includes(job.state)) return null;
  // Clipped last: of half a secret nobody could tell that it is one.
  const line = (text: string, length = maxReason) => clip(redactSecrets(plainLine(text), secrets), length);
  const title = {
    declined: 'The agent declined to change anything',
    exhausted: 'No attempt led to a fix',
    failed: 'The job could not be finished',
  }[job.state as 'declined' | 'exhausted' | 'failed'];
  return [
    `⚠️ ${title}`,
    `${job.severity} · ${line(job.service)} · ${incident.count} times`,
    line(`${incident.error.type}: ${incident.error.message}`, 300),
    ...incident.error.stack.slice(0, 1).map((frame) => line(frame)),
    '',
    clip(redactSecrets(plainText(job.reason ?? ''), secrets), maxReason),
    '',
    `Cost: ${describeCost(job.attempts)}.`,
    `Job ${job.id}. Look at it and repair it by hand, or start a new job once the reason is gone: /reopen ${fingerprintDigits(job.fingerprint)}`,
  ].join('\n');
}
