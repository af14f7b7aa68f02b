// Renders a question as plain lines of text for a terminal.
import { clip } from '../../domain/plain-text.js';
import type { ApprovalQuestion } from '../../ports/approval-channel.js';

const maxDiffLines = 40;

export function renderQuestion(question: ApprovalQuestion): string {
  const { severity, service, error, path, count, release, kind } = question;
  return [
    '',
    `── ${severity.toUpperCase()} · ${service} ${'─'.repeat(40)}`,
    `${error.type}: ${clip(error.message, 1_000)}`,
    ...(path ? [path] : []),
    `${count} ${count === 1 ? 'occurrence' : 'occurrences'}${release ? ` · release ${release}` : ''}`,
    ...question.flags.map(
      (flag) => `! ${flag.kind} ${flag.file}${flag.line === null ? '' : `:${flag.line}`} ${flag.note}`,
    ),
    ...(kind === 'start' ? ['Start a repair?'] : changeLines(question)),
    costLine(question),
  ].join('\n');
}

function changeLines({ result, files, checks, commit, rootCause, summary, risk, diff }: ApprovalQuestion): string[] {
  const lines = diff?.split('\n') ?? [];
  const rest = lines.length - maxDiffLines;
  return [
    `Result: ${result ?? 'unknown'} · commit ${commit?.slice(0, 12) ?? 'none'}`,
    ...files.map((file) => `  ${file.path} +${file.linesAdded} -${file.linesDeleted}`),
    ...checks.map((check) => `  ${check.name}: ${check.outcome} (${(check.durationMs / 1000).toFixed(1)} s)`),
    ...(rootCause ? [`Root cause (agent): ${rootCause}`] : []),
    ...(summary ? [`Change (agent): ${summary}`] : []),
    ...(risk ? [`Risk (agent): ${risk}`] : []),
    '',
    ...lines.slice(0, maxDiffLines),
    ...(rest > 0 ? [`… ${rest} more lines of the diff: press s`] : []),
  ];
}

function costLine({ cost, sandbox }: ApprovalQuestion): string {
  return `${cost} · ${sandbox === 'none' ? 'NO SANDBOX' : `sandbox: ${sandbox}`}`;
}
