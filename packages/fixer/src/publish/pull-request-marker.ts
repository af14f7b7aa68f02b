// The hidden first line by which a pull request is recognised as the one of a fingerprint.
import { fingerprintSchema, type Fingerprint } from '@levautofix/contract/fingerprint';

export function formatMarker(fingerprint: Fingerprint): string {
  return `<!-- levautofix ${fingerprint} -->`;
}

/** Only the first line counts: everything below it may quote what others wrote. */
export function readMarker(body: string): Fingerprint | null {
  const text = /^<!-- levautofix (\S+) -->(?:\r?\n|$)/.exec(body)?.[1];
  const parsed = fingerprintSchema.safeParse(text);
  return parsed.success ? parsed.data : null;
}
