// Title and body of a pull request: what a reviewer asks first, on at most forty lines of source.
import { redactSecrets } from '@levautofix/contract/redact';
import { fixSubject } from '../domain/fix-subject.js';
import type { Incident } from '../domain/incident.js';
import { describeCost } from '../domain/job-cost.js';
import type { Job } from '../domain/job.js';
import { checkOutcome, type Check } from '../domain/verification.js';
import { formatMarker } from './pull-request-marker.js';
import { codeBlock, inlineCode, prose } from '../domain/quote-markdown.js';

export interface PullRequestInput {
  job: Job;
  incident: Incident;
  /** Values that must not appear, whatever form they come in. */
  secrets: readonly string[];
  /** Kind of the sandbox; `none` is said aloud. */
  sandbox: string;
}

const maxFiles = 4;
const maxFlags = 4;
const maxStackLines = 4;

/** May become the subject of a commit, where the branch is squashed. */
export function pullRequestTitle({ job, incident, secrets }: PullRequestInput): string {
  return fixSubject(`fix(${job.service}):`, incident.error, { secrets, limit: 100 });
}

export function pullRequestBody(input: PullRequestInput): string {
  const { job, incident } = input;
  const clean = (text: string): string => redactSecrets(text, input.secrets);
  const say = (text: string | undefined, limit?: number): string => prose(clean(text ?? ''), limit) || 'not stated';
  const { error, request } = incident;
  const where = request === null ? '' : ` at ${inlineCode(clean(`${request.method} ${request.path}`), 120)}`;
  const release = incident.release === null ? '' : `, release ${inlineCode(clean(incident.release), 60)}`;
  const lines = [
    formatMarker(job.fingerprint),
    `**What happened.** ${say(`${error.type}: ${error.message}`, 300)}${where}. ` +
      `${incident.count} times in ${inlineCode(job.service)} (${incident.environment === '' ? '' : `${say(incident.environment, 40)}, `}severity ${incident.severity}${release}), ` +
      `first ${time(incident.firstSeenAt)}, last ${time(incident.lastSeenAt)}.`,
    codeBlock(error.stack.map(clean), maxStackLines),
    `**Cause.** ${say(job.proposal?.rootCause)}`,
    '',
    `**Change.** ${say(job.proposal?.summary)}`,
    ...files(job),
    '',
    `**Evidence.** ${evidence(job)}`,
    '',
    ...checkTable(job.attempts.at(-1)?.checks ?? []),
    `**Risk.** ${say(job.proposal?.risk, 300)}`,
    ...flags(job, clean),
    '',
    `**Cost.** ${describeCost(job.attempts)}.${input.sandbox === 'none' ? ' **The agent ran without a sandbox.**' : ''}`,
    '',
    `**Undo.** After the merge: ${inlineCode('git revert <merged commit>')}, or the Revert button here. Approved${approver(job)}; commit ${inlineCode(job.commit ?? '')}, diff ${inlineCode(job.diffHash ?? '')}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function evidence({ result, reason, proposal }: Job): string {
  const test = proposal?.regressionTest;
  if (result === 'proven') {
    const which = test === null || test === undefined ? 'A new test' : `The new test ${inlineCode(test)}`;
    return `Proven: ${which} fails on the base commit with the reported error and passes with this change.`;
  }
  return `Verified: the checks below pass with this change. The error itself was not reproduced${
    reason === null ? '' : ` (${prose(reason, 200)})`
  }.`;
}

function files({ change }: Job): string[] {
  if (change === null) return [];
  const shown = change.files
    .slice(0, maxFiles)
    .map((file) => `- ${inlineCode(file.path)} +${file.linesAdded} −${file.linesDeleted}`);
  const rest = change.files.length - shown.length;
  return [...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

function checkTable(checks: readonly Check[]): string[] {
  if (checks.length === 0) return [];
  const rows = checks.map(
    (check) => `| ${check.name} | ${checkOutcome(check).words} | ${(check.durationMs / 1000).toFixed(1)} s |`,
  );
  return ['| Check | Result | Time |', '|---|---|---|', ...rows.slice(0, 6), ''];
}

function flags(job: Job, clean: (text: string) => string): string[] {
  if (job.flags.length === 0) return [];
  const shown = job.flags.slice(0, maxFlags).map((flag) => {
    const place = flag.line === null ? flag.file : `${flag.file}:${flag.line}`;
    return `- ${inlineCode(place)} ${prose(clean(flag.note), 160)}`;
  });
  const rest = job.flags.length - shown.length;
  return ['', '**Look closer at**', ...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

function approver({ approval }: Job): string {
  return approval?.decision == null ? '' : ` by ${inlineCode(approval.decision.by, 60)}`;
}

/** Minutes are enough, and the same in every time zone. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
