// The line by which a fix is known: what failed, as the subject of its commit and the title of its pull request.
import { redactSecrets } from '@levautofix/contract/redact';
import { visibleLine } from './quote-markdown.js';

/**
 * `prefix`, type and message on one line of at most `limit` characters. The words are those of a log, and the line ends up in the
 * history of a repository: it names no person, closes no issue, links nowhere and tells no build to stay away.
 */
export function fixSubject(
  prefix: string,
  { type, message }: { type: string; message: string },
  { secrets, limit }: { secrets: readonly string[]; limit: number },
): string {
  const words = [type, message].filter((part) => part.trim() !== '').join(': ');
  const line = visibleLine(redactSecrets(`${prefix} ${words}`, secrets), limit * 4);
  // Once more, because what could not be seen may have stood in the middle of a secret.
  const calm = redactSecrets(line, secrets)
    .replaceAll('`', "'")
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replace(/(?:[a-z][a-z0-9+.-]*)?[:/]*:\/\/[:/]*/gi, '')
    .replace(/\[([^\][]*\b(?:ci|skip)\b[^\][]*)\]/gi, '($1)')
    .replace(/\*{3,}/g, '**')
    .replace(/\bGH-(?=\d)/gi, 'GH ')
    .replace(/[@#](?=\w)/g, '$& ');
  return visibleLine(calm, limit);
}
