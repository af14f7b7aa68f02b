// Secrets that are told by what stands around them: key names, headers, addresses with passwords; and personal data by its form.
import type { RedactionRule } from './redaction-rules.js';

const bounded = '(?<![A-Za-z])';
/** Names of keys whose value is a secret; in front of these any other word may stand (`DB_PASSWORD`, `stripeSecret`). */
const secretNames = [
  'pass(?:word|wd|phrase|code)',
  `${bounded}pwd`,
  `${bounded}pass`,
  'secret',
  'token',
  `(?:api|access|private|secret|encrypt(?:ion)?|signing|master|account|shared|auth|license|deploy|service|webhook)[-_. ]?key`,
  'credentials?',
  `${bounded}(?:auth|otp|totp|pin|cvv|cvc|ssn|psk|dsn|sid|salt)`,
  '(?:j|php|asp\\.net_|connect\\.)?sess(?:ion)?[-_.]?id',
  '(?:csrf|xsrf)(?:[-_]?token)?',
  'signature',
  `${bounded}sig`,
].join('|');
const nameSuffix = '(?:[-_]?(?:hash|value|key|string|plain|confirm(?:ation)?|new|old|raw|base64|b64|\\d{1,3})){0,2}';
const quoted = String.raw`"(?:[^"\\\n]|\\.){1,2000}"|'(?:[^'\\\n]|\\.){1,2000}'|` + '`[^`\\n]{1,2000}`';
const bare = String.raw`[^\s"'${'`'},;&<>(){}\[\]|]{1,2000}`;

/** Words that stand where a value would, but are none. */
const placeholder =
  /^(?:null|undefined|true|false|none|nil|nan|empty|unset|set|ok|yes|no|on|off|required|missing|invalid|expired|unknown|expected|denied|failed|rejected|revoked|incorrect|wrong|mismatch|malformed|provided|given|found|not|must|is|was|are|has|cannot|should|may|the|a|an|and|or|for|from|to|in|of|with|string|number|boolean|object|any|include|same-origin|omit|optional|default|hidden|masked|filtered|redacted|secret|password|token|example|changed|reset|updated|created|generated|verified|valid|error|undefined\.?)$/i;
const notValue =
  /^(?:[*•x.…_#-]{2,}|\[?(?:redacted|filtered|masked|hidden|object|function|native|circular|array)\b.{0,60}|\$\{.{0,200}|\{\{.{0,200}|<.{0,200}>|%[sdoj]|\$(?:\d{0,3}|[A-Z_]{2,60})|[:@][a-z_]{1,60}|process\.env.{0,200}|import\.meta.{0,200}|[=<>!&|?+*/:.,-]{1,3})$/i;
const prose =
  /\b(?:is|are|was|must|should|cannot|can't|not|be|has|have|required|missing|invalid|expected|too|least|does|did|please|enter|your|match)\b/i;
const filePath = /^(?:\.{0,2}|~|[A-Za-z]:)[/\\][\w.@-]{1,60}(?:[/\\][\w.@ -]{1,60}){1,20}$/;

const isMixed = (value: string) => /\d/.test(value) && /[A-Za-z]/.test(value);

function isKeyValue(secret: string, match: RegExpExecArray): boolean {
  const { name = '', separator = '' } = match.groups ?? {};
  const isQuoted = /^["'`]/.test(secret);
  const value = isQuoted ? secret.slice(1, -1) : secret;
  // A path stays one when its last part was taken out before.
  const isCut = match.input.startsWith('[redacted:', match.index + match[0].length);
  if (placeholder.test(value.replace(/[.!:]$/, '')) || notValue.test(value.trim())) return false;
  if (filePath.test(isCut ? `${value}x` : value)) return false;
  if (/^(?:sig|signature|salt|sid|auth|dsn|credentials?)/i.test(name) && value.length < 8) return false;
  if (/^(?:sig|signature)/i.test(name) && !isMixed(value)) return false;
  if (/token|csrf|xsrf|sess|sid/i.test(name) && /^\d{1,5}$/.test(value)) return false;
  // Code and type declarations: `password: string`, `token: req.headers.token`.
  if (!isQuoted && /^(?:[a-z_$][\w$]*\.)+[a-z_$][\w$]*$/i.test(value) && !/\d/.test(value)) return false;
  if (isQuoted) return !(/\s/.test(value) && prose.test(value)) && value.trim() !== '';
  const before = match.input.slice(Math.max(0, match.index - 14), match.index);
  if (/\b(?:unexpected|illegal|missing)\s+$/i.test(before) && !isMixed(value)) return false;
  // With an equals sign, or at the end of a line, a plain word is the value; in the middle of a sentence it is prose.
  if (separator.includes('=') || isMixed(value) || /[^A-Za-z]/.test(value.replace(/[.!?:-]+$/, ''))) return true;
  const rest = match.input.slice(match.index + match[0].length).split('\n', 1)[0]!;
  return /^\s*(?:$|[,;}\]&|])/.test(rest) && /pass|pwd|secret/i.test(name) && value.length >= 6;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isCard(secret: string): boolean {
  const digits = secret.replace(/\D/g, '');
  const isKnownIssuer =
    /^(?:4\d{15}(?:\d{3})?|4\d{12}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17})$/.test(
      digits,
    );
  return isKnownIssuer && !/^(\d)\1+$/.test(digits) && passesLuhn(digits);
}

/** Addresses that name this very machine, or nobody, tell nothing about anyone. */
function isForeignAddress(secret: string, match: RegExpExecArray): boolean {
  if (/^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$)/.test(secret)) return false;
  const before = match.input.slice(Math.max(0, match.index - 40), match.index);
  // `v1.2.3.4`, `version 1.2.3.4` and `Chrome/1.2.3.4` are no addresses.
  return !/(?:\bv|version[ :=]{0,2}|(?:^|[\s"'(;,])[A-Za-z][\w.-]{0,30}\/|[~^-])$/i.test(before);
}

function isForeignAddress6(secret: string): boolean {
  const groups = secret.split(':').filter((group) => group !== '');
  if (/^(?:::1?|::ffff:127\..*)$/.test(secret) || groups.length < 3) return false;
  return secret.includes('::') ? /\d/.test(secret) && !/^[a-f]+$/i.test(groups.join('')) : groups.length === 8;
}

const fileEnding =
  /\.(?:png|jpe?g|gif|svg|webp|ico|css|s[ac]ss|[cm]?[jt]sx?|json|ya?ml|md|txt|log|html?|map|so|rs|go|py|rb|java|php|lock|tgz|gz|zip|service|socket|timer|mount|local)$/i;

export const textRules: readonly RedactionRule[] = [
  {
    kind: 'authorization',
    hints: ['authorization'],
    pattern:
      /authorization["']?\]?\s{0,3}[:=,]\s{0,3}\[?\s{0,3}["']?(?:(?:digest|aws4-hmac-sha256|oauth|signature|hawk|mac)\s(?<secret>[^\n\r]{1,4000})|(?:(?:bearer|basic|token|negotiate|apikey|key|sswx?s)\s{1,3})?(?<plain>[^\s"',;}\]]{4,4000}))/gi,
    isSecret: (secret) =>
      !placeholder.test(secret) && !notValue.test(secret) && !/^(?:header|bearer|basic)\b/i.test(secret),
  },
  {
    kind: 'authorization',
    hints: ['bearer', 'basic '],
    pattern: /(?<![A-Za-z])(?:bearer|basic)\s{1,3}["']?(?<secret>[A-Za-z0-9._~+/-]{8,4000}={0,2})/gi,
    isSecret: (secret) => /\d/.test(secret) || /=$/.test(secret) || (/[a-z][A-Z]/.test(secret) && secret.length >= 12),
  },
  {
    kind: 'cookie',
    hints: ['cookie'],
    pattern: /cookies?["']?\]?\s{0,3}[:=,]\s{0,3}\[?\s{0,3}["'{]?\s{0,2}(?<secret>[^\n\r"'\]]{3,4000})/gi,
    isSecret: (secret) => /[\w.-]=\S/.test(secret) && !/^(?:undefined|null|http)/.test(secret),
  },
  {
    kind: 'secret',
    hints: [
      'pass',
      'pwd',
      'secret',
      'token',
      'key',
      'credential',
      'auth',
      'otp',
      'pin',
      'cvv',
      'cvc',
      'ssn',
      'psk',
      'dsn',
      'sid',
      'salt',
      'sess',
      'csrf',
      'xsrf',
      'sig',
    ],
    pattern: new RegExp(
      `(?<name>${secretNames})${nameSuffix}["'\`]?\\]?(?<separator>\\s{0,3}(?:=>|:=|={1,2}|:)\\s{0,3}|["']\\s{0,3},\\s{0,3}(?=["']))(?<secret>${quoted}|${bare})`,
      'gi',
    ),
    isSecret: isKeyValue,
  },
  {
    kind: 'secret',
    hints: ['</'],
    pattern: new RegExp(`<[\\w:-]{0,30}?(?:${secretNames})>\\s{0,5}(?<secret>[^<\\n]{1,1000}?)\\s{0,5}</`, 'gi'),
    isSecret: (secret) => !placeholder.test(secret) && !notValue.test(secret),
  },
  {
    kind: 'secret',
    hints: ['--'],
    pattern: new RegExp(`--[\\w-]{0,30}?(?:${secretNames})[ =](?<secret>${quoted}|[^\\s"'-][^\\s"']{0,1000})`, 'gi'),
    isSecret: (secret) => !placeholder.test(secret) && !notValue.test(secret),
  },
  {
    kind: 'secret',
    hints: ['-u ', '--user '],
    pattern: /(?<=\s)(?:-u|--user)[ =]["']?[^\s:"']{1,100}:(?<secret>[^\s"']{1,500})/g,
  },
  {
    kind: 'secret',
    hints: ['pass', 'secret', 'token', 'key'],
    pattern:
      /(?<![A-Za-z])(?:password|passwd|passphrase|secret|token|api ?key)\s(?:(?:is|was|of|set to|changed to|value)\s)?["'`(]?(?<secret>[^\s"'`(),;:=]{6,500})/gi,
    isSecret: (secret) =>
      isMixed(secret) &&
      !filePath.test(secret) &&
      !/^(?:v?\d+\.|https?:|[\w.]+\.(?:js|ts)\b|[A-Za-z]+-?\d{1,2}$)/.test(secret) &&
      (/[^A-Za-z0-9.-]/.test(secret) || secret.length >= 16 || /^[A-Za-z]+\d+$/.test(secret)),
  },
  {
    kind: 'url-credential',
    hints: ['://'],
    pattern:
      /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/?#@"'<>]{0,200}:(?<secret>[^\s/?#"'<>]{1,500})@(?=[^\s@])/gi,
    isSecret: (secret) => !notValue.test(secret),
  },
  {
    kind: 'url-credential',
    hints: ['://'],
    // In the addresses of databases and queues people forget to encode `/`, `#` and `?`.
    pattern:
      /(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|ldaps?|smtps?|s?ftp|nats|cockroachdb|clickhouse|kafka):\/\/[^\s:/?#@"'<>]{0,200}:(?<secret>[^\s"'<>]{1,300})@(?=[\w.[\]-]{1,200}(?:[:/?,;)\s"'\]]|$))/gi,
    isSecret: (secret) => !notValue.test(secret),
  },
  {
    kind: 'url-credential',
    hints: ['://'],
    pattern:
      /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,30}:\/\/(?<secret>[\w%.~+-]{16,255})(?::(?:x-oauth-basic)?)?@(?=[\w[])/gi,
    isSecret: (secret) => isMixed(secret) && !secret.includes('..'),
  },
  {
    kind: 'aws-secret',
    hints: ['akia', 'asia'],
    pattern: /(?:AKIA|ASIA)[A-Z2-7]{16}[^A-Za-z0-9+/\n]{1,20}(?<secret>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])/g,
  },
  {
    kind: 'value',
    hints: ['key ('],
    pattern: /Key \((?<columns>[^()]{1,300})\)=\((?<secret>[^()]{1,1000})\)/g,
    isSecret: (secret, match) =>
      !/^(?:[\d, -]+|[0-9a-f-]{36}|[0-9a-f]{24})$/.test(secret) ||
      /pass|secret|token|phone|ssn|card/i.test(match[1] ?? ''),
  },
  {
    kind: 'email',
    hints: ['@'],
    pattern: /(?<![\w.+%-])(?<secret>[\w.+%'-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24})(?![\w@])/g,
    isSecret: (secret) => {
      const [local = '', domain = ''] = secret.split('@');
      return !(local === 'git' || fileEnding.test(domain) || /^\d+\.\d/.test(domain) || /^[.'-]/.test(local));
    },
  },
  {
    kind: 'card',
    hints: [],
    pattern: /(?<![\w.+-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)/g,
    isSecret: isCard,
  },
  {
    kind: 'ip',
    hints: ['.'],
    pattern: /(?<![\w.])(?<secret>(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\w-]|\.\w)/g,
    isSecret: isForeignAddress,
  },
  {
    kind: 'ip',
    hints: [':'],
    pattern: /(?<![\w:.])(?:[0-9a-f]{1,4}:{1,2}){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])/gi,
    isSecret: isForeignAddress6,
  },
];
