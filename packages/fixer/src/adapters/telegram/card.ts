// Renders a question as one Telegram message: facts first, agent's words after, everything escaped, every cut said.
import type { Severity } from '@levautofix/contract/severity';
import { clip, plainLine } from '../../domain/plain-text.js';
import type { ApprovalQuestion } from '../../ports/approval-channel.js';

export interface Card {
  html: string;
  /** The whole diff, when it is not part of the message. */
  attachment: string | null;
}

/** The Bot API allows 4096 characters after parsing; the rest is kept for what became of the question. */
const maxLength = 3_600;
const maxInlineDiff = 900;

const severityMarks: Record<Severity, string> = { critical: '🔴', high: '🟠', medium: '🟡', low: '⚪' };
const resultWords = {
  proven: 'proven: a test fails without the change and passes with it',
  verified: 'verified: the checks pass, but no test shows the error itself',
  declined: 'declined',
  unreproducible: 'could not be reproduced',
};

export function renderCard(question: ApprovalQuestion, outcome: string | null = null): Card {
  // What does not fit is shortened everywhere in the same proportion, so that no single field can push another out.
  for (const scale of [1, 0.6, 0.35, 0.15]) {
    const card = renderAt(question, scale);
    if (visibleLength(card.html) <= maxLength || scale === 0.15) {
      const ending = outcome === null ? '' : `\n\n<b>${escapeHtml(clip(plainLine(outcome), 400))}</b>`;
      return { ...card, html: card.html + ending };
    }
  }
  throw new Error('unreachable');
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function renderAt(question: ApprovalQuestion, scale: number): Card {
  const { diff } = question;
  const text = (value: string, length: number) => escapeHtml(clip(value, Math.max(24, Math.round(length * scale))));
  const isInline = diff !== null && diff.length <= maxInlineDiff * scale;
  const { error, count, release } = question;
  const sections = [
    [
      `${severityMarks[question.severity]} <b>${question.severity.toUpperCase()}</b> · <b>${text(question.service, 120)}</b>`,
      `<b>${text(error.type, 120)}</b>: <code>${text(error.message, 500)}</code>`,
      ...(question.path ? [`📍 <code>${text(question.path, 240)}</code>`] : []),
      `${count} ${count === 1 ? 'occurrence' : 'occurrences'}${release ? ` · release ${text(release, 80)}` : ''}`,
    ],
    flagLines(question, text, scale),
    question.kind === 'start' ? ['<b>Start a repair?</b>'] : factLines(question, text, scale),
    wordLines(question, text),
    isInline ? [`<pre><code class="language-diff">${escapeHtml(diff)}</code></pre>`] : [],
    diff !== null && !isInline ? [`📎 The whole diff (${diff.split('\n').length} lines) is attached.`] : [],
    [costLine(question), `Open until ${new Date(question.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`],
  ];
  const html = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return { html, attachment: isInline ? null : diff };
}

type Text = (value: string, length: number) => string;

function flagLines({ flags }: ApprovalQuestion, text: Text, scale: number): string[] {
  const shown = flags.slice(0, Math.max(2, Math.floor(8 * scale)));
  const lines = shown.map(
    ({ kind, file, line, note }) =>
      `⚠️ ${text(kind, 40)} <code>${text(line === null ? file : `${file}:${line}`, 120)}</code> ${text(note, 160)}`,
  );
  return withRest(lines, flags.length - shown.length, 'flags');
}

function factLines(question: ApprovalQuestion, text: Text, scale: number): string[] {
  const { files, checks, result, commit, diffHash } = question;
  const shown = files.slice(0, Math.max(2, Math.floor(12 * scale)));
  const added = files.reduce((total, file) => total + file.linesAdded, 0);
  const deleted = files.reduce((total, file) => total + file.linesDeleted, 0);
  const fileLines = shown.map(
    (file) => `  <code>${text(file.path, 120)}</code> +${file.linesAdded} −${file.linesDeleted}`,
  );
  return [
    ...(result ? [`🔬 ${resultWords[result]}`] : []),
    `<b>${files.length} ${files.length === 1 ? 'file' : 'files'}, +${added} −${deleted}</b>`,
    ...withRest(fileLines, files.length - shown.length, 'files'),
    ...checks.map(
      ({ name, outcome, isGood, durationMs }) =>
        `${isGood ? '✓' : '✗'} ${text(name, 40)} ${text(outcome, 40)} (${(durationMs / 1000).toFixed(1)} s)`,
    ),
    `commit <code>${text(commit?.slice(0, 12) ?? '', 12)}</code> · diff <code>${text(diffHash?.slice(0, 19) ?? '', 24)}</code>`,
  ];
}

function wordLines({ rootCause, summary, risk }: ApprovalQuestion, text: Text): string[] {
  const entries: [string, string | null, number][] = [
    ['Root cause', rootCause, 600],
    ['Change', summary, 500],
    ['Risk', risk, 300],
  ];
  const lines = entries.flatMap(([name, words, length]) => (words ? [`<b>${name}:</b> ${text(words, length)}`] : []));
  return lines.length > 0 ? ['<i>In the words of the agent:</i>', ...lines] : [];
}

function costLine({ cost, sandbox }: ApprovalQuestion): string {
  const box = sandbox === 'none' ? '⚠️ no sandbox' : `sandbox: ${escapeHtml(clip(sandbox, 40))}`;
  return `${escapeHtml(cost)} · ${box}`;
}

function withRest(lines: string[], rest: number, noun: string): string[] {
  return rest > 0 ? [...lines, `… and ${rest} more ${noun}`] : lines;
}

/** Characters that count against the limit. */
function visibleLength(html: string): number {
  return html.replace(/<[^>]*>/g, '').replace(/&\w+;/g, 'x').length;
}
