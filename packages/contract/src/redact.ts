// What must never cross a wire, a log or a page: secret values become [redacted:kind], and the rest of the text stays as it was.
import { tokenRules, type RedactionRule } from './redaction-rules.js';
import { textRules } from './redaction-text-rules.js';
import { originOf, unwrapped, viewsOf, type TextView } from './redaction-views.js';

interface Span {
  start: number;
  end: number;
  kind: string;
}

const rules: readonly RedactionRule[] = [...tokenRules, ...textRules];
const unmistakable = tokenRules.filter((rule) => rule.isUnmistakable);
/** Shorter values stand in half of all texts: taking them out would leave nothing to read, and tell what they are. */
export const minExactLength = 4;
const maxBase64Runs = 50;

/**
 * The text without its secrets. `exactValues` are values known to be secret (from four characters on); they are found as they
 * stand, URL-encoded, JSON-escaped, between colour codes, and in base64 or hexadecimal.
 */
export function redactSecrets(text: string, exactValues: readonly string[] = []): string {
  if (text.length < minExactLength) return text;
  const spans: Span[] = [];
  const views = viewsOf(text);
  for (const view of views) {
    collect(view, findByRules(view.text, rules), spans);
    collect(view, findPem(view.text), spans);
    collect(view, findExact(view.text, exactValues), spans);
    collect(view, findInBase64(view.text, exactValues), spans);
    const joined = unwrapped(view);
    if (joined) collect(joined, findByRules(joined.text, unmistakable), spans);
    if (joined && exactValues.length > 0) collect(joined, findExact(joined.text, exactValues), spans);
  }
  return spans.length === 0 ? text : replaceSpans(text, spans);
}

function collect(view: TextView, found: readonly Span[], into: Span[]): void {
  for (const { start, end, kind } of found) into.push({ start: originOf(view, start), end: originOf(view, end), kind });
}

function findByRules(text: string, table: readonly RedactionRule[]): Span[] {
  const found: Span[] = [];
  const lower = text.toLowerCase();
  for (const { kind, hints, pattern, isSecret } of table) {
    if (hints.length > 0 && !hints.some((hint) => lower.includes(hint))) continue;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      if (match[0] === '') pattern.lastIndex += 1;
      const secret = match.groups?.['secret'] ?? match.groups?.['plain'] ?? match[0];
      const start = match.index + match[0].lastIndexOf(secret);
      if (isOfMarker(text, match.index, start, secret) || (isSecret && !isSecret(secret, match))) {
        // What was taken for a value may itself hold a key and a value.
        if (match[0].length > secret.length) pattern.lastIndex = match.index + match[0].length - secret.length;
        continue;
      }
      const quote = /^["'`]/.test(secret) && secret.length > 2 ? 1 : 0;
      found.push({ start: start + quote, end: start + secret.length - quote, kind });
    }
  }
  return found;
}

/** Whether what was found is made of our own words. */
function isOfMarker(text: string, matchedAt: number, start: number, secret: string): boolean {
  if (secret.includes('[redacted:') || isInMarker(text, matchedAt) || isInMarker(text, start)) return true;
  // Signs alone before a marker are what was left of a value that is gone.
  return !/\w/.test(secret) && text.startsWith('[redacted:', start + secret.length);
}

/** `[redacted:github-token]: x` names a token, but that is our own word. */
function isInMarker(text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 40), index);
  return before.lastIndexOf('[redacted:') > before.lastIndexOf(']');
}

/** Keys and certificates between BEGIN and END lines; also what is left of one when the log was cut. */
function findPem(text: string): Span[] {
  const found: Span[] = [];
  if (!text.includes('-----')) return found;
  const edge = /-----(BEGIN|END) [A-Z0-9 ]{3,40}-----/g;
  let openAt = -1;
  let seenUpTo = 0;
  for (let match = edge.exec(text); match; match = edge.exec(text)) {
    const end = match.index + match[0].length;
    if (match[1] === 'BEGIN') {
      if (openAt !== -1) found.push(unendedPem(text, openAt));
      openAt = match.index;
    } else {
      const start = openAt === -1 ? startOfBody(text, seenUpTo, match.index) : openAt;
      found.push({ start, end, kind: 'private-key' });
      openAt = -1;
      seenUpTo = end;
    }
  }
  if (openAt !== -1) found.push(unendedPem(text, openAt));
  return found;
}

function unendedPem(text: string, start: number): Span {
  const body = /-----(?:[ \t\r\n>|]{1,40}[A-Za-z0-9+/=:,-]{1,200}){0,400}/y;
  body.lastIndex = text.indexOf('-----', start + 5);
  return { start, end: body.test(text) ? body.lastIndex : text.length, kind: 'private-key' };
}

function startOfBody(text: string, from: number, end: number): number {
  let start = end;
  for (let line = text.lastIndexOf('\n', end - 2); start > from; line = text.lastIndexOf('\n', line - 1)) {
    const lineStart = Math.max(line + 1, from);
    if (!/^[\s|>]{0,40}[A-Za-z0-9+/=]{16,200}\s*$/.test(text.slice(lineStart, start))) break;
    start = lineStart;
    if (line < from || line <= 0) break;
  }
  return start;
}

function findExact(text: string, values: readonly string[]): Span[] {
  const found: Span[] = [];
  for (const value of values) {
    if (value.length < minExactLength) continue;
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length))
      found.push({ start: at, end: at + value.length, kind: 'known' });
    for (const form of encodedForms(value)) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
        const run = /[\w+/=-]{0,4096}/y;
        run.lastIndex = at + form.length;
        run.test(text);
        const before = /[\w+/-]{0,4096}$/.exec(text.slice(Math.max(0, at - 4096), at))?.[0].length ?? 0;
        found.push({ start: at - before, end: run.lastIndex, kind: 'known' });
        at = run.lastIndex;
      }
    }
  }
  return found;
}

const knownForms = new Map<string, string[]>();

/** Base64 in each of the three ways that bytes can fall on its letters, without the letters that neighbours share; and hexadecimal. */
function encodedForms(value: string): string[] {
  const known = knownForms.get(value);
  if (known) return known;
  const bytes = Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join('');
  const forms = new Set([Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')]);
  for (const shift of [0, 1, 2]) {
    const whole = btoa('\0'.repeat(shift) + bytes).replace(/=+$/, '');
    const isPartial = ((shift + bytes.length) * 8) % 6 !== 0;
    const core = whole.slice(shift === 0 ? 0 : shift + 1, isPartial ? -1 : undefined);
    if (core.length < 6) continue;
    forms.add(core);
    forms.add(core.replaceAll('+', '-').replaceAll('/', '_'));
  }
  const url = encodeURIComponent(value);
  if (url !== value) forms.add(url).add(url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  const result = [...forms].filter((form) => form.length >= 6);
  if (knownForms.size > 1_000) knownForms.clear();
  knownForms.set(value, result);
  return result;
}

/** A run of base64 that reads as text with a secret in it is one. */
function findInBase64(text: string, exactValues: readonly string[]): Span[] {
  const found: Span[] = [];
  const runs = /(?<![\w+/=-])[A-Za-z0-9+/_-]{24,8192}={0,2}/g;
  let seen = 0;
  for (let match = runs.exec(text); match && seen < maxBase64Runs; match = runs.exec(text)) {
    if (!/[A-Z]/.test(match[0]) || !/[a-z]/.test(match[0])) continue;
    seen += 1;
    const decoded = decodeBase64(match[0]);
    if (decoded === null) continue;
    const hasSecret =
      findByRules(decoded, rules).length > 0 ||
      exactValues.some((value) => value.length >= minExactLength && decoded.includes(value));
    if (hasSecret) found.push({ start: match.index, end: match.index + match[0].length, kind: 'encoded' });
  }
  return found;
}

/** Null where it is no base64, or no text. */
function decodeBase64(run: string): string | null {
  const plain = run.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (plain.length % 4 === 1) return null;
  try {
    const decoded = atob(plain);
    return /^[\t\n\r\x20-\x7e]*$/.test(decoded) ? decoded : null;
  } catch {
    return null;
  }
}

function replaceSpans(text: string, spans: Span[]): string {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span.start < last.end) {
      // The name comes from the part that covers most.
      if (span.end - span.start > last.end - last.start) last.kind = span.kind;
      last.end = Math.max(last.end, span.end);
    } else if (span.end > span.start) merged.push({ ...span });
  }
  let result = '';
  let at = 0;
  for (const { start, end, kind } of merged) {
    result += `${text.slice(at, start)}[redacted:${kind}]`;
    at = end;
  }
  return result + text.slice(at);
}
