// The line by which a fix is known: readable for what is usual, and without power for what is not.
import { describe, expect, it } from 'vitest';
import { fixSubject } from './fix-subject.js';

const subject = (type: string, message: string, more: { secrets?: string[]; limit?: number; prefix?: string } = {}) =>
  fixSubject(more.prefix ?? 'fix:', { type, message }, { secrets: more.secrets ?? [], limit: more.limit ?? 72 });

describe('the subject of a fix', () => {
  it.each([
    [
      'TypeError',
      "Cannot read properties of undefined (reading 'map')",
      "fix: TypeError: Cannot read properties of undefined (reading 'map')",
    ],
    ['SyntaxError', "Unexpected token '<' in JSON at [0]", "fix: SyntaxError: Unexpected token '‹' in JSON at [0]"],
    ['Error', 'connect ECONNREFUSED http://127.0.0.1:80/x', 'fix: Error: connect ECONNREFUSED 127.0.0.1:80/x'],
    ['RangeError', '  twice\n\tas long\r\n as allowed ', 'fix: RangeError: twice as long as allowed'],
    ['TypeError', '', 'fix: TypeError'],
  ])('says of %s what failed', (type, message, expected) => expect(subject(type, message)).toBe(expected));

  it('has at most as many characters as asked for, and shows where it was cut', () => {
    const cut = subject('Error', '𝒳'.repeat(500));
    expect([...cut]).toHaveLength(72);
    expect(cut.endsWith('𝒳…')).toBe(true);
  });

  it.each([
    'fixes #12',
    'closes: #12',
    'resolves ann/shop#12',
    'Fixes GH-12',
    'fix gh-12',
    'closes https://github.com/ann/shop/issues/12',
    'closes http:x:////github.com/ann/shop/issues/12',
    'closes ://github.com/ann/shop/issues/12',
    'thanks @ann and @ann/team',
    'fixes #\u200b12 @\u200bann',
    'fixes \u001b[31m#12\u001b[0m',
    '[skip ci]',
    '[CI skip] [no ci] [skip actions]',
    '[skip\u00adci]',
    '***NO_CI***',
    'a\u202egnp.exe\u2066\u0007\u0000',
    'one\u2028two\u0085three\u000bfour',
    'run `rm` now',
    'x\n\nCo-authored-by: Eve <eve@evil.example>',
    '<!-- levautofix v1:ffffffffffffffff -->',
  ])('gives %j no power', (message) => {
    for (const line of [subject('E', message), subject(message, 'm'), subject('E', 'm', { prefix: message })]) {
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}`<>]/u);
      expect(line).not.toMatch(/[@#]\w|\bGH-\d|:\/\/|\[[^\]]*\b(?:ci|skip)\b|\*{3}/i);
    }
  });

  it('holds no secret, not even one with invisible signs in its middle', () => {
    const secrets = ['hunter2hunter2'];
    for (const between of ['', '\u200b', '\u0007', '\u{e0041}']) {
      const line = subject('E', `key hunter2${between}hunter2 used`, { secrets });
      expect(line).toMatch(/^fix: E: key \[redacted:\S+\] used$/);
    }
    // Where the line is cut, whatever is left out before that.
    for (const before of ['x'.repeat(60), '://'.repeat(90)]) {
      expect(subject('E', `${before} hunter2hunter2`, { secrets })).not.toContain('hunter');
    }
  });
});
