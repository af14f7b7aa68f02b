// Makes an occurrence fit to be kept: cut to size, secrets taken out, and free of the chunk of log it was cut from.
import type { LoggedError } from '@levautofix/contract/incident-report';
import type { Occurrence } from './occurrence.js';

const maxMessage = 8_000;
const maxStackLines = 60;
const maxContextLines = 20;
const maxLine = 1_000;
/** Characters of stack and of context that one sample may take. */
const maxBlock = 16_000;

/** `hasContext`: whether the lines around it are wanted, which cost the most. */
export function sealOccurrence(
  occurrence: Occurrence,
  redact: (text: string) => string,
  { hasContext }: { hasContext: boolean },
): Occurrence {
  const { type, message, stack } = occurrence.error;
  const error: LoggedError = {
    ...redactTitle(type.slice(0, 500), message.slice(0, maxMessage), redact),
    stack: redactLines(stack.slice(0, maxStackLines), redact),
  };
  const { fingerprint, source, seenAt, loggedAt, level, request, traceId, startLine, endLine } = occurrence;
  const sealed: Occurrence = {
    ...{ fingerprint, source, seenAt, loggedAt, level, startLine, endLine },
    error,
    request: request && { method: request.method.slice(0, 20), path: redact(request.path.slice(0, maxLine)) },
    traceId: traceId && redact(traceId.slice(0, 200)),
    context: hasContext ? redactLines(occurrence.context.slice(-maxContextLines), redact) : [],
  };
  // A piece of a string keeps the whole string alive; a copy does not.
  return JSON.parse(JSON.stringify(sealed)) as Occurrence;
}

/** As one text too: of `Authorization: Digest …` the first word may have been taken for the type. */
function redactTitle(type: string, message: string, redact: (text: string) => string) {
  const title = redact(`${type}: ${message}`);
  if (title.startsWith(`${type}: `)) return { type, message: title.slice(type.length + 2) };
  return { type: redact(type), message: redact(title) };
}

/** As one text, because a private key or a header may go over several lines. */
function redactLines(lines: readonly string[], redact: (text: string) => string): string[] {
  const kept: string[] = [];
  let room = maxBlock;
  for (const line of lines) {
    room -= Math.min(line.length, maxLine);
    if (room < 0) break;
    kept.push(line.slice(0, maxLine));
  }
  return kept.length === 0 ? [] : redact(kept.join('\n')).split('\n');
}
