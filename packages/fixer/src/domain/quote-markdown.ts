// Untrusted text in markdown: it can say anything and do nothing.

// A category and not a list: control, format (bidirectional, zero-width, tags), unassigned and private characters, separators.
const invisible = /[\p{C}\p{Zl}\p{Zp}\u034f\ufe00-\ufe0f]/gu;

/** What can be seen of the text, on one line of at most `limit` characters. */
export function visibleLine(text: string, limit: number): string {
  const line = text
    .slice(0, limit * 8)
    .replace(/[\n\r\t\u2028\u2029]/g, ' ')
    .replace(invisible, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const letters = [...line];
  return letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : line;
}

/**
 * Prose: no structure, HTML, link, mention or reference comes out of it. The empty entity between the parts of `@name`, `#1` and
 * `https://` shows as nothing and keeps a code host from linking them.
 */
export function prose(text: string, limit = 600): string {
  return visibleLine(text, limit)
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replace(/[\\`*_{}[\]()+.!|~$-]/g, '\\$&')
    .replace(/[@#:]/g, '$&&#8203;')
    .replace(/\b(www|GH)(?=\\)/gi, '$1&#8203;');
}

/** Inline code, in which a code host links nothing; the fence is longer than any run of backticks inside. */
export function inlineCode(text: string, limit = 200): string {
  const line = visibleLine(text, limit).replaceAll('|', '¦') || ' ';
  const fence = '`'.repeat(longestRun(line) + 1);
  return line.includes('`') ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

/** A block of code of at most `maxLines` lines. */
export function codeBlock(lines: readonly string[], maxLines: number): string {
  const shown = lines.slice(0, maxLines).map((line) => visibleLine(line, 160));
  const fence = '`'.repeat(Math.max(3, longestRun(shown.join('\n')) + 1));
  return [`${fence}text`, ...shown, fence].join('\n');
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
