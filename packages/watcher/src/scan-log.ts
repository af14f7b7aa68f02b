// The error events of a text: what `scan` prints and what the fixer reads a log with.
import type { Fingerprint } from '@levautofix/contract/fingerprint';
import { createEventDetector, type DetectorOptions } from './detect/event-detector.js';
import type { DetectedEvent } from './domain/occurrence.js';
import { createEventFingerprint, type FingerprintOptions } from './fingerprint/fingerprint.js';

export interface ScannedEvent extends DetectedEvent {
  fingerprint: Fingerprint;
}

/** Reads a whole log. Pure: nothing is read or written. */
export function scanLog(text: string | Uint8Array, options: DetectorOptions & FingerprintOptions = {}): ScannedEvent[] {
  const detector = createEventDetector(options);
  const fingerprint = createEventFingerprint(options);
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const events = [...detector.push(bytes, 0), ...detector.end()];
  return events.map((event) => Object.assign(event, { fingerprint: fingerprint(event) }));
}
