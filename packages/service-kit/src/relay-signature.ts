// Signs and verifies relay requests as Standard Webhooks do: HMAC-SHA256 over `id.timestamp.body` with the shared secret.
// Source of the rule: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignatureHeaders {
  'webhook-id': string;
  /** Whole seconds since the Unix epoch. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

export const clockToleranceMs = 5 * 60_000;

export type SignatureVerdict =
  { isValid: true; id: string } | { isValid: false; reason: 'missing' | 'clock' | 'signature'; skewMs?: number };

/** Several secrets, separated by white space, allow rotation: the first signs, any verifies. */
export function relaySecrets(text: string): string[] {
  return text.split(/\s+/).filter((secret) => secret !== '');
}

/** `secret` may be several. */
export function signRelay(id: string, body: string | Buffer, secret: string, nowMs: number): SignatureHeaders {
  const timestamp = String(Math.floor(nowMs / 1000));
  const [current = ''] = relaySecrets(secret);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(id, timestamp, body, current)}`,
  };
}

export function verifyRelay(
  headers: Record<string, string | string[] | undefined>,
  body: string | Buffer,
  secret: string,
  nowMs: number,
): SignatureVerdict {
  const [id, timestamp, signatures] = [
    headers['webhook-id'],
    headers['webhook-timestamp'],
    headers['webhook-signature'],
  ];
  if (
    typeof id !== 'string' ||
    typeof timestamp !== 'string' ||
    typeof signatures !== 'string' ||
    !/^\d{1,12}$/.test(timestamp) ||
    id === ''
  ) {
    return { isValid: false, reason: 'missing' };
  }
  const offered = signatures.split(' ').flatMap((item) => (item.startsWith('v1,') ? [item.slice(3)] : []));
  const isSigned = relaySecrets(secret).some((key) =>
    offered.some((value) => isEqual(value, digest(id, timestamp, body, key))),
  );
  if (!isSigned) return { isValid: false, reason: 'signature' };
  const skewMs = Number(timestamp) * 1000 - nowMs;
  if (Math.abs(skewMs) > clockToleranceMs) return { isValid: false, reason: 'clock', skewMs };
  return { isValid: true, id };
}

function digest(id: string, timestamp: string, body: string | Buffer, secret: string): string {
  // `whsec_` marks a base64 key in the specification; any other text is used as it stands.
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
