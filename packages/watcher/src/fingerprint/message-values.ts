// Values that stand in a message, and what is kept of them.
const hiddenZero = 0xe000;

/** Digits that must survive the later rules, moved into a private range of characters. */
export function hideDigits(text: string): string {
  return text.replace(/\d/g, (digit) => String.fromCharCode(hiddenZero + Number(digit)));
}

export function showDigits(text: string): string {
  return text.replace(/[\ue000-\ue009]/g, (char) => String(char.charCodeAt(0) - hiddenZero));
}

export function normaliseUrl(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#:]*)(?::\d+)?([^?#]*)/i.exec(url.replace(/[.,;:]+$/, ''));
  if (!match) return '<url>';
  const [, scheme = '', host = '', path = ''] = match;
  return `${scheme.toLowerCase()}${/\d/.test(host) ? '<host>' : host}${path.split('/').map(normaliseSegment).join('/')}`;
}

/** A segment of a path is kept while it looks like a word of the program's own. */
function normaliseSegment(segment: string): string {
  if (!/\d/.test(segment)) return isRandom(segment) ? '<n>' : segment;
  return normaliseNumber(segment);
}

/** A deep path of which several segments vary is one value; else only the segments that vary are. */
export function normalisePath(path: string): string {
  const segments = path.split(/[\\/]/).map(normaliseSegment);
  const isVarying = segments.filter((segment) => segment.includes('<')).length;
  return segments.length + isVarying > 6 && isVarying > 0 ? '<path>' : segments.join('/');
}

const units = /^[\d.,]+ ?(?:ms|s|sec|secs|seconds?|minutes?|milliseconds?|m|h|hours?|us|ns|µs)$/;
const sizes = /^[\d.,]+ ?(?:[KMGT]i?B|bytes|[kmgt]b?)$/;

export function normaliseNumber(token: string): string {
  if (/^\d+$/.test(token)) return '<n>';
  if (units.test(token)) return '<duration>';
  if (sizes.test(token)) return '<size>';
  if (/^\d+\.\d+(?:e[+-]?\d+)?$/.test(token)) return '<float>';
  if (/^[0-9a-fA-F]+$/.test(token))
    return token.length >= 40
      ? '<sha>'
      : token.length >= 32
        ? '<md5>'
        : token.length >= 20
          ? '<hex>'
          : token.length >= 6
            ? '<n>'
            : normaliseParts(token);
  return normaliseParts(token);
}

function normaliseParts(token: string): string {
  const prefixed = /^([a-z]{2,6}_)(?=\w*[A-Z])[A-Za-z0-9]{10,}$/.exec(token);
  if (prefixed) return `${prefixed[1] ?? ''}<n>`;
  const parts = token.replace(/[A-Za-z0-9$]+/g, (part) => {
    if (!/\d/.test(part)) return part;
    if (/^\d+$/.test(part)) return '<n>';
    if (/^[0-9a-f]{6,}$/i.test(part) && /[a-f]/i.test(part)) return '<n>';
    const ending = /^([A-Za-z$]+?)\d+$/.exec(part);
    if (ending && !isRandom(ending[1] ?? '')) return `${ending[1] ?? ''}<n>`;
    const leading = /^\d+([A-Za-z$]+)$/.exec(part);
    if (leading && (leading[1]?.length ?? 0) < 3) return `<n>${leading[1] ?? ''}`;
    return part.length > 4 ? '<n>' : part.replace(/\d+/g, '<n>');
  });
  // An identifier of several varying parts is one value behind its first word.
  const first = parts.indexOf('<n>');
  const isMany = first !== -1 && parts.indexOf('<n>', first + 3) !== -1;
  return isMany && /[_-]/.test(parts.slice(first)) ? `${parts.slice(0, first)}<n>` : parts;
}

/** Random letters have runs of capitals and single small letters where words put together have neither. */
export function isRandom(text: string): boolean {
  if (/^[a-f]{8,}$/.test(text)) return true;
  if (text.length < 10 || !/^[A-Za-z0-9]+$/.test(text)) return false;
  const odd = text.match(/[A-Z]{2,}(?=[a-z])|(?<![a-z])[a-z](?![a-z])|\d(?=[A-Za-z])/g)?.length ?? 0;
  return odd >= (text.length < 16 ? 2 : 3);
}

/** Changes of case: ids behind a prefix, such as `ch_`, have more of them than names. */
export function isMixed(text: string): boolean {
  return (text.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0) >= 4;
}
