import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact.js';

// Put together at run time, so that no scanner takes this file for a leak.
const githubToken = `gh${'p_'}${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
const awsKey = `AK${'IA'}${'QWERTY234567ASDF'}`;

describe('redactSecrets', () => {
  it.each([
    ['DB_PASSWORD=hunter2x', 'DB_PASSWORD=[redacted:secret]'],
    [`{"user":"bob","password":"pa\\"ss w0rd"}`, `{"user":"bob","password":"[redacted:secret]"}`],
    ['postgres://app:s3cr3t/x@db:5432/shop', 'postgres://app:[redacted:url-credential]@db:5432/shop'],
    [`Authorization: Bearer ${githubToken}`, 'Authorization: Bearer [redacted:github-token]'],
    ['Cookie: a=1; sid=abc', 'Cookie: [redacted:cookie]'],
    [`key ${awsKey} denied`, 'key [redacted:aws-key] denied'],
    ['to jane.doe@example.org now', 'to [redacted:email] now'],
    ['from 203.0.113.7:443', 'from [redacted:ip]:443'],
    ['card 4111 1111 1111 1111 declined', 'card [redacted:card] declined'],
    ['Key (name)=(Jane Doe) already exists.', 'Key (name)=([redacted:value]) already exists.'],
  ])('keeps the rest readable: %s', (text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });

  it('finds a private key over several lines, also when its beginning or end is missing', () => {
    const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYyjiWA4R4';
    const [begin, end] = ['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'];
    expect(redactSecrets(`a\n${begin}\n${body}\n${end}\nb`)).toBe('a\n[redacted:private-key]\nb');
    expect(redactSecrets(`a\n${begin}\n${body}`)).toBe('a\n[redacted:private-key]');
    expect(redactSecrets(`${body}\n${end}\nb`)).toBe('[redacted:private-key]\nb');
  });

  it.each([
    ['URL-encoded', `next=${encodeURIComponent('postgres://app:s3cr3tpw@db/shop')}`, 's3cr3tpw'],
    ['twice URL-encoded', encodeURIComponent(encodeURIComponent('?password=s3cr3tpw&x=1')), 's3cr3tpw'],
    ['JSON-escaped', JSON.stringify(JSON.stringify({ password: 's3cr3tpw' })), 's3cr3tpw'],
    ['coloured', `password=\u001b[31ms3cr\u001b[0m3tpw`, '3tpw'],
    ['base64', `payload ${btoa('{"password":"s3cr3tpw","n":1}')}`, btoa('{"password":"s3cr3tpw","n":1}').slice(4, 20)],
    ['wrapped', `token ${githubToken.slice(0, 20)}\n    ${githubToken.slice(20)}`, githubToken.slice(20)],
  ])('is not fooled by a secret that is %s', (_name, text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret);
  });

  it('finds a listed value in whatever coat', () => {
    const value = 'Blue/Horse+7ü';
    const latin = String.fromCharCode(...new TextEncoder().encode(value));
    const coats = [
      value,
      encodeURIComponent(value),
      JSON.stringify(JSON.stringify(value)),
      `Blue\u001b[1m/Horse+7ü`,
      ...['', 'x', 'xy'].map((before) => btoa(`${before}${latin}tail`)),
      Buffer.from(value).toString('hex'),
    ];
    for (const coat of coats)
      expect(redactSecrets(`a ${coat} b`, [value]), coat).toMatch(/^a ["\\]*\[redacted:known\]["\\]* b$/);
  });

  it('changes nothing more the second time', () => {
    const words = fc.constantFrom(
      'password=',
      'abc1',
      githubToken,
      '"',
      ' ',
      '\\',
      '%40',
      '://',
      '@',
      ':',
      '\n',
      'Bearer ',
      '203.0.113.7',
      'Cookie: a=b',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const once = redactSecrets(parts.join(''));
        expect(redactSecrets(once)).toBe(once);
      }),
      {
        numRuns: 500,
        examples: [
          [['abc1', '://', githubToken, '@', 'password=']],
          [['password=', '\\', '@', '\\', '203.0.113.7']],
          [['password=', '\\', 'abc1', '\\', githubToken]],
        ],
      },
    );
  });

  it('takes a hostile line of 200 kB in its stride', () => {
    for (const unit of [
      'a',
      'password=',
      'a@',
      'a.',
      '://a:',
      '1:',
      '\\"',
      '%25',
      'eyJ',
      '-----BEGIN A KEY-----',
      '4111 ',
    ]) {
      const startedAt = performance.now();
      redactSecrets(unit.repeat(Math.ceil(200_000 / unit.length)));
      expect(performance.now() - startedAt, unit).toBeLessThan(1_500);
    }
  });
});
