// What differs between two occurrences of the same error, as rules for the text of a message.
import { hideDigits, isMixed, isRandom, normaliseNumber, normalisePath, normaliseUrl } from './message-values.js';
import { dropSqlValues, sqlStatement } from './sql-values.js';

export interface Rule {
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
/** Of IPv6. Node writes the port behind it without brackets. */
const wholeAddress = '[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}';
const shortAddress = String.raw`(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f:]*|::(?:1(?::\d{1,5})?|ffff:${octets}(?::\d{1,5})?)?`;
const publicHost = String.raw`(?:[A-Za-z0-9_-]+\.)+(?:com|net|org|edu|gov|mil|de|uk|fr|ru|cn|jp|br|nl|eu|pl|om|mx)`;
const numberedHost = String.raw`(?=[\w.-]*\d)[A-Za-z0-9_-]+(?:\.[a-z][a-z0-9-]+){2,}`;
const identityKeys = String.raw`user|username|ruser|login|logname|account|owner|r?host|hostname|client|peer|session|email|file|path|dir|url|uri|query|value|token|key|[a-z]*_?id|[a-z]+Id`;
const valueWords = 'value|query|input|string|text|search|term|phrase|got|received|given|found';

const methods = 'GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS';
/** Routes look alike, but stand behind the host or the method. */
const homes = [
  String.raw`(?<=(?<![\w.>]|\b(?:${methods})\b\W{1,3})\/(?:home|Users)\/)[^\s\\/"'${'`'}<>:;,()]+(?=\/)`,
  String.raw`(?<=(?<!\w)[A-Za-z]:[\\/]{1,2}[Uu]sers[\\/]{1,2})[\w.-]+(?: [\w.-]+){0,2}(?=[\\/])`,
].join('|');
const inputNouns =
  'string|text|literal|number|int|integer|float|double|decimal|bool|boolean|date|time|datetime|timestamp|duration|uuid';
const nameNouns =
  'field|column|property|key|name|param|parameter|option|argument|attribute|variable|header|flag|setting';
/** What converters say in front of what they were given. The name of a thing, or of a file, is no such input. */
const echoes = [
  String.raw`invalid (?:literal|value|input (?:syntax|value)) for (?!(?:[^"'\n:]* )?(?:${nameNouns}):)[^"'\n:]+: `,
  String.raw`invalid (?:${inputNouns}): `,
  String.raw`pars(?:e|ing):? (?:(?:${inputNouns}):? )?(?!["'${'`'}][\w./-]+\.[a-z]{2,4}["'${'`'}])`,
  String.raw`(?:convert|cast)(?:ing)? (?:the )?(?:${inputNouns})(?: to \w+)?:? `,
  String.raw`unparse?able (?:${inputNouns}):? `,
  'time data ',
  'unrecognized token ',
  'from string ',
].join('|');

/** What they look for is told by more than the shape of a message. */
export const earlyRules: readonly Rule[] = [
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
];

/** To these, messages of one shape are alike. */
export const lateRules: readonly Rule[] = [
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
      [
        String.raw`(?:\b[\w-]+)?\/?(?<![\w.])${octets}(?![\w.]\d)(?::\d{1,5})?(?: \([^()]*\)| \[${octets}\])?`,
        String.raw`\[?(?<![\w:])(?:${wholeAddress}(?::\d{1,5})?|${shortAddress})(?![\w:])\]?(?::\d{1,5})?`,
      ].join('|'),
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
  {
    name: 'input',
    guard: /["'`]/,
    pattern: new RegExp(String.raw`\b(${echoes})(["'${'`'}])[^\n]*?\2(?!\w)`, 'gi'),
    replace: (_match, echo) => `${echo ?? ''}<str>`,
  },
  {
    name: 'statement',
    guard: (message) =>
      /\b(?:from|into|set)\s/i.test(message) && /\b(?:select|insert|replace|merge|delete|update)\s/i.test(message),
    pattern: sqlStatement,
    replace: dropSqlValues,
  },
  {
    name: 'duplicate entry',
    guard: ' for key',
    pattern: /\b(duplicate entry )'[^\n]*?'(?= for key\b)/gi,
    replace: '$1<value>',
  },
  {
    name: 'row',
    guard: ' row contains (',
    pattern: /\b(failing row contains )\((?:[^\n]*?\)(?=\.?\n|\.?$|\. )|[^\n]*$)/gi,
    replace: '$1(<value>)',
  },
  { name: 'flag', guard: '=', pattern: /= ?(?:true|false)\b/g, replace: '= <bool>' },
  {
    name: 'user name',
    guard: /user /i,
    pattern: /\b((?:for|invalid|illegal|as) user) (?!<)[\w.@$-]+/gi,
    replace: '$1 <value>',
  },
  { name: 'user name', guard: ' from <ip>', pattern: /\b(for) (?!<)[\w.@$-]+(?= from <ip>)/g, replace: '$1 <value>' },
  { name: 'home', guard: /home\/|users[\\/]/i, pattern: new RegExp(homes, 'g'), replace: '<user>' },
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
    name: 'status',
    guard: '#',
    pattern: /\b(error #)(\d{1,3})\b(?![\d.])/gi,
    replace: (_match, word, number) => `${word ?? ''}${hideDigits(number ?? '')}`,
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

/** Whether two dashes stand so far from each other. */
function hasDashesApart(text: string, distance: number): boolean {
  for (let at = text.indexOf('-'); at !== -1; at = text.indexOf('-', at + 1))
    if (text.charCodeAt(at + distance) === 0x2d) return true;
  return false;
}
