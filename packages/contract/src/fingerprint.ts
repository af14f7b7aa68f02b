// The versioned identity of "the same error": `v1:` and 16 hexadecimal digits of a SHA-256.
import { z } from 'zod';

export type Fingerprint = `v${number}:${string}`;

const pattern = /^v[1-9]\d*:[0-9a-f]{16}$/;

export const fingerprintSchema = z.custom<Fingerprint>((value) => typeof value === 'string' && pattern.test(value), {
  message: 'expected a fingerprint such as v1:0123456789abcdef',
});

/** The 16 hexadecimal digits without the version, as used in branch and folder names. */
export function fingerprintDigits(fingerprint: Fingerprint): string {
  return fingerprint.slice(fingerprint.indexOf(':') + 1);
}
