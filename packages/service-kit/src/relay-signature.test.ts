import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { clockToleranceMs, signRelay, verifyRelay, type SignatureHeaders } from './relay-signature.js';

const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
const body = '{"reports":[]}';
const now = Date.now();

describe('a relay signature', () => {
  it('is accepted by the reference library, and the other way round', () => {
    const library = new Webhook(secret);
    expect(library.verify(body, { ...signRelay('id-1', body, secret, now) })).toEqual({ reports: [] });
    const headers = {
      'webhook-id': 'id-1',
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': library.sign('id-1', new Date(now), body),
    };
    expect(verifyRelay(headers, body, secret, now)).toEqual({ isValid: true, id: 'id-1' });
  });

  it('takes any text as a secret', () => {
    expect(verify(signRelay('id-1', body, 'plain words', now), { secret: 'plain words' })).toMatchObject({
      isValid: true,
    });
  });

  it.each([
    ['another secret', {}, { secret: 'whsec_b3RoZXI=' }],
    ['a changed body', {}, { body: '{"reports":[1]}' }],
    ['a swapped id', { 'webhook-id': 'id-2' }, {}],
    ['a moved timestamp', { 'webhook-timestamp': String(Math.floor(now / 1000) + 1) }, {}],
    ['an unknown signature version', { 'webhook-signature': 'v2,abc' }, {}],
  ])('is refused for %s', (_, headers, change) => {
    expect(verify({ ...signRelay('id-1', body, secret, now), ...headers }, change)).toEqual({
      isValid: false,
      reason: 'signature',
    });
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)('is missing without %s', (name) => {
    expect(verify({ ...signRelay('id-1', body, secret, now), [name]: undefined })).toEqual({
      isValid: false,
      reason: 'missing',
    });
  });

  it.each([-1, 1])('is refused for a clock that is too far off, with the skew (%i)', (direction) => {
    const skew = direction * (clockToleranceMs + 2_000);
    const verdict = verify(signRelay('id-1', body, secret, now + skew));
    expect(verdict).toMatchObject({ isValid: false, reason: 'clock' });
    expect(Math.abs((verdict as { skewMs: number }).skewMs - skew)).toBeLessThan(1_000);
  });

  it('is accepted under an old secret while secrets are rotated', () => {
    const signed = signRelay('id-1', body, 'old-secret', now);
    expect(verify(signed, { secret: 'new-secret old-secret' })).toMatchObject({ isValid: true });
    expect(verify(signed, { secret: 'new-secret' })).toMatchObject({ isValid: false });
  });

  it('takes secrets apart by any white space', () => {
    const signed = signRelay('id-1', body, ' new-secret\t old-secret', now);
    expect(verify(signed, { secret: 'new-secret' })).toMatchObject({ isValid: true });
    expect(verify(signed, { secret: 'newest-secret  new-secret\n' })).toMatchObject({ isValid: true });
  });

  it('is never valid under an empty secret', () => {
    expect(verify(signRelay('id-1', body, '', now), { secret: '' })).toEqual({ isValid: false, reason: 'signature' });
  });
});

function verify(
  headers: { [Name in keyof SignatureHeaders]: string | undefined },
  change: { secret?: string; body?: string } = {},
) {
  return verifyRelay({ ...headers }, change.body ?? body, change.secret ?? secret, now);
}
