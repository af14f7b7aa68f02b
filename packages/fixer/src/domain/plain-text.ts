// Untrusted text made safe to show: colours removed, and every character that acts or hides made visible instead.

// eslint-disable-next-line no-control-regex -- matching control characters is the purpose
const colours = /(?:\u001b\[|\u009b)[0-9;:]*m/g;
// Controls move cursors, set titles and fill clipboards; zero-width, bidirectional and tag characters make a diff read differently
// from what it does. They are shown rather than dropped, because what a sequence encloses may be the code in question.
const unseen =
  // eslint-disable-next-line no-control-regex -- as above
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** Keeps newlines and tabs; any other unseen character becomes its code point, such as `<U+202E>`. */
export function plainText(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(colours, '')
    .replace(unseen, (char) => `<U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}>`);
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** At most `maxLength` UTF-16 units; a cut is marked by `…` and never splits a character. */
export function clip(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, Math.max(0, maxLength - 1)).replace(/[\ud800-\udbff]$/, '')}…`;
}
