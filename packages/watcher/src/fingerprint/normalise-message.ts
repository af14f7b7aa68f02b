// Takes out of a message what differs between two occurrences of the same error.
import { boundedMemo } from './bounded-memo.js';
import { shapeOf } from './message-shape.js';

/** Told of each part that is dropped, for `explain`. */
export type OnDropped = (dropped: { text: string; as: string; rule: string }) => void;

interface Rule {
  name: string;
  /** The rule is tried only where this stands in the message, or holds of it; most messages need few rules. */
  guard: string | RegExp | ((message: string) => boolean);
  pattern: RegExp;
  replace: string | ((match: string, ...groups: string[]) => string);
}

const month = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const clock = String.raw`\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?[AP]M\b)?`;
const zone = String.raw`(?: ?(?:Z|UTC|GMT|MST|[A-Z]{2}T|[+-]\d\d:?\d\d)\b)?(?:\d\d:\d\d)?`;
const dates = [
  String.raw`\d{4}[-/.]\d\d[-/.]\d\d(?:[T ,_]{1,2}${clock}${zone})?`,
  String.raw`(?:${weekday},? )?(?:${month})[a-z]* {1,2}\d{1,2},?(?: ${clock}${zone})? \d{4}\b(?:,? ${clock}${zone})?`,
  String.raw`(?:${weekday},? )?\d{1,2}[- /](?:${month})[a-z]*[- /,]{1,2}\d{2,4}(?:[ :T]${clock}${zone})?`,
  String.raw`(?:${weekday},? )?(?:${month})[a-z]* {1,2}\d{1,2},? ${clock}${zone}`,
  String.raw`\d{8}[ T]${clock}`,
  String.raw`\d{1,2}[/.]\d{1,2}[/.]\d{4}(?:,? ${clock})?`,
  String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M\b)?`,
  String.raw`\d{1,2}:\d\d ?[AP]M\b`,
].join('|');

const octets = String.raw`(?:\d{1,3}\.){3}\d{1,3}`;
const publicHost = String.raw`(?:[A-Za-z0-9_-]+\.)+(?:com|net|org|edu|gov|mil|de|uk|fr|ru|cn|jp|br|nl|eu|pl|om|mx)`;
const numberedHost = String.raw`(?=[\w.-]*\d)[A-Za-z0-9_-]+(?:\.[a-z][a-z0-9-]+){2,}`;
const identityKeys = String.raw`user|username|ruser|login|logname|account|owner|r?host|hostname|client|peer|session|email|file|path|dir|url|uri|query|value|token|key|[a-z]*_?id|[a-z]+Id`;
const valueWords = 'value|query|input|string|text|search|term|phrase|got|received|given|found';

const rules: readonly Rule[] = [
  { name: 'url', guard: '://', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>|)\]}]+/gi, replace: normaliseUrl },
  { name: 'email', guard: '@', pattern: /[\w.+%-]+@(?:[\w-]+\.)+[A-Za-z]{2,}/g, replace: '<email>' },
  { name: 'token', guard: 'eyJ', pattern: /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g, replace: '<token>' },
  {
    name: 'trace',
    guard: (message) => hasDashesApart(message, 33) || hasDashesApart(message, 9),
    pattern: /\b(?:[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|1-[0-9a-f]{8}-[0-9a-f]{24})\b/g,
    replace: '<trace>',
  },
  {
    name: 'uuid',
    guard: (message) => hasDashesApart(message, 5),
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    replace: '<uuid>',
  },
  {
    name: 'date',
    guard: /\d[-/.: ]|[a-z] \d/,
    pattern: new RegExp(String.raw`(?<![\w.-])(?:${dates})(?!\w)`, 'g'),
    replace: '<date>',
  },
  {
    name: 'field',
    guard: '=',
    pattern: new RegExp(String.raw`(?<![\w.])(${identityKeys})=(?!<)(?:"[^"\n]*"|'[^'\n]*'|[^\s,;)\]}]+)`, 'g'),
    replace: (_match, key) => `${key ?? ''}=<value>`,
  },
  {
    name: 'address',
    guard: /\d\.\d|::|:[0-9a-f]{1,4}:/i,
    pattern: new RegExp(
      String.raw`(?:\b[\w-]+)?\/?(?<![\w.])${octets}(?![\w.]\d)(?::\d{1,5})?(?: \([^()]*\)| \[${octets}\])?|\[?(?<![\w:])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}|(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f:]*|::(?:1|ffff:${octets})?)(?![\w:])\]?(?::\d{1,5})?`,
      'gi',
    ),
    replace: '<ip>',
  },
  { name: 'hex', guard: '0x', pattern: /\b0x[0-9a-f]+\b/gi, replace: '<hex>' },
  { name: 'duplicate key', guard: 'dup key', pattern: /dup key: \{.*\}/g, replace: 'dup key: <value>' },
  { name: 'database key', guard: ')=(', pattern: /\)=\([^)]*\)/g, replace: ')=(<value>)' },
  {
    name: 'bad JSON',
    guard: 'is not valid JSON',
    pattern: /"[^\n]*"(?:\.\.\.)? is not valid JSON/g,
    replace: '<str> is not valid JSON',
  },
  {
    name: 'quoted value',
    guard: /["'`]/,
    pattern: /(?<![\w])(["'`])((?:(?!\1)[^\n]){1,200}?)\1(?!\w)/g,
    replace: (match, quote, inner) => (/\s/.test(inner ?? '') ? `${quote ?? ''}<str>${quote ?? ''}` : match),
  },
  {
    name: 'value',
    guard: /["'`]/,
    pattern: new RegExp(String.raw`\b(${valueWords})(:? |=)(["'${'`'}])[^\n]{0,200}?\3`, 'g'),
    replace: (_match, word, gap) => `${word ?? ''}${gap ?? ''}<str>`,
  },
  { name: 'flag', guard: '=', pattern: /= ?(?:true|false)\b/g, replace: '= <bool>' },
  {
    name: 'user name',
    guard: /user /i,
    pattern: /\b((?:for|invalid|illegal|as) user) (?!<)[\w.@$-]+/gi,
    replace: '$1 <value>',
  },
  { name: 'user name', guard: ' from <ip>', pattern: /\b(for) (?!<)[\w.@$-]+(?= from <ip>)/g, replace: '$1 <value>' },
  {
    name: 'path',
    guard: /[/\\]/,
    pattern: /(?<![\w<])(?:[A-Za-z]:)?(?:[\\/][\w.@~+%$=-]+){2,}[\\/]?/g,
    replace: normalisePath,
  },
  {
    name: 'host',
    guard: '.',
    pattern: new RegExp(
      String.raw`(?<!(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT) )(?<![\w./@-])(?:${publicHost}|${numberedHost})(?![\w-]|\.\w)(?::\d{1,5})?(?: (?:\(<ip>\)|\[<ip>\]))?`,
      'g',
    ),
    replace: (match) =>
      /[A-Z][a-z]/.test(match) ||
      /\.(?:js|ts|mjs|cjs|json|py|rb|go|java|php|log|txt|html|css|so|jar|xml|ya?ml)(?::|$)/.test(match)
        ? match
        : '<host>',
  },
  {
    name: 'status',
    guard: /\d/,
    // Marked so that the rule for numbers leaves them: they say what went wrong.
    pattern: /\b(status(?: code)?:?|code|HTTP(?:\/[\d.]+)?|Errno|errno|signal)([ :=]+)(-?\d{1,3})\b(?![\d.])/gi,
    replace: (_match, word, gap, number) => `${word ?? ''}${gap ?? ''}${hideDigits(number ?? '')}`,
  },
  {
    name: 'number',
    guard: /\d/,
    pattern:
      /[A-Za-z0-9_$]*\d[\w$]*(?:[-:.,/+@#]+[\w$]*\d[\w$]*)*(?: ?(?:%|ms|s|sec|secs|seconds?|minutes?|milliseconds?|hours?|[KMG]i?B|bytes)\b)?/g,
    replace: normaliseNumber,
  },
  { name: 'sign', guard: '-<', pattern: /(?<![A-Za-z0-9>])-(?=<(?:n|float|duration)>)/g, replace: '' },
  {
    name: 'random id',
    guard: /[a-z][A-Z]|_|[a-f]{8}/,
    pattern:
      /(?<![A-Za-z0-9])(?:(?<=\b[a-z]{2,6}_)((?=[A-Za-z]*[a-z][A-Z])(?=[A-Za-z]*[A-Z][a-z])[A-Za-z]{10,})|[A-Za-z]{12,}|[a-f]{8,})(?![A-Za-z0-9])/g,
    replace: (match, ...rest) => (isRandom(match) || isMixed(rest[0] ?? '') ? '<n>' : match),
  },
];

/** What they look for is told by more than the shape of a message. */
const earlyRules = rules.slice(
  0,
  rules.findIndex(({ name }) => name === 'date'),
);
const lateRules = rules.slice(earlyRules.length);

/** Beyond this a message is data, not text. */
const maxLength = 2000;

/** The text, told part by part what is dropped from it. */
export function explainMessage(message: string, onDropped: OnDropped): string {
  return tidy(apply(rules, cut(message), onDropped));
}

/** A function of its own memory: messages of one shape are normalised once. Its answer is the one that `explainMessage` gives. */
export function createNormaliser<T extends object>(describe: (normalised: string) => T): (message: string) => T {
  const byShape = boundedMemo((shape) => describe(tidy(apply(lateRules, shape))));
  return (message) => byShape(shapeOf(apply(earlyRules, cut(message))));
}

function cut(message: string): string {
  return message.length > maxLength ? message.slice(0, maxLength) : message;
}

function apply(some: readonly Rule[], message: string, onDropped?: OnDropped): string {
  let text = message;
  for (const { name, guard, pattern, replace } of some) {
    if (!isHeld(guard, text)) continue;
    const replacer = (match: string, ...groups: string[]): string => {
      const result = typeof replace === 'string' ? replace.replace('$1', groups[0] ?? '') : replace(match, ...groups);
      if (result !== match && onDropped && name !== 'status') onDropped({ text: match, as: result, rule: name });
      return result;
    };
    text = text.replace(pattern, replacer);
  }
  return text;
}

function isHeld(guard: Rule['guard'], text: string): boolean {
  if (typeof guard === 'string') return text.includes(guard);
  return typeof guard === 'function' ? guard(text) : guard.test(text);
}

/** Whether two dashes stand so far from each other. */
function hasDashesApart(text: string, distance: number): boolean {
  for (let at = text.indexOf('-'); at !== -1; at = text.indexOf('-', at + 1))
    if (text.charCodeAt(at + distance) === 0x2d) return true;
  return false;
}

function tidy(message: string): string {
  let text = message;
  if (text.indexOf('<') !== text.lastIndexOf('<')) text = joinLists(text);
  if (hasHidden.test(text)) text = showDigits(text);
  return hasWideSpace.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
}

const hasHidden = /[\ue000-\ue009]/;
const hasWideSpace = /\s\s|[\t\n\r]|^ | $/;

/** A list of values is as long as the case at hand: one value stands for all. */
function joinLists(text: string): string {
  const words = text.split(' ');
  const kept = words.filter(
    (word, index) => !word.includes('<') || word.replace(/,$/, '') !== words[index - 1]?.replace(/,$/, ''),
  );
  return kept.length === words.length ? text : kept.join(' ');
}

const hiddenZero = 0xe000;

/** Digits that must survive the later rules, moved into a private range of characters. */
function hideDigits(text: string): string {
  return text.replace(/\d/g, (digit) => String.fromCharCode(hiddenZero + Number(digit)));
}

function showDigits(text: string): string {
  return text.replace(/[\ue000-\ue009]/g, (char) => String(char.charCodeAt(0) - hiddenZero));
}

function normaliseUrl(url: string): string {
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
function normalisePath(path: string): string {
  const segments = path.split(/[\\/]/).map(normaliseSegment);
  const isVarying = segments.filter((segment) => segment.includes('<')).length;
  return segments.length + isVarying > 6 && isVarying > 0 ? '<path>' : segments.join('/');
}

const units = /^[\d.,]+ ?(?:ms|s|sec|secs|seconds?|minutes?|milliseconds?|m|h|hours?|us|ns|µs)$/;
const sizes = /^[\d.,]+ ?(?:[KMGT]i?B|bytes|[kmgt]b?)$/;

function normaliseNumber(token: string): string {
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
function isRandom(text: string): boolean {
  if (/^[a-f]{8,}$/.test(text)) return true;
  if (text.length < 10 || !/^[A-Za-z0-9]+$/.test(text)) return false;
  const odd = text.match(/[A-Z]{2,}(?=[a-z])|(?<![a-z])[a-z](?![a-z])|\d(?=[A-Za-z])/g)?.length ?? 0;
  return odd >= (text.length < 16 ? 2 : 3);
}

/** Changes of case: ids behind a prefix, such as `ch_`, have more of them than names. */
function isMixed(text: string): boolean {
  return (text.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0) >= 4;
}
