// Reads the moment at which Codex says that a usage limit opens again. It runs in UTC, so that its clock times can be read.

/**
 * Milliseconds since the epoch of "try again at 3:50 PM" (the next one after `now`) or "try again at Nov 24th, 2026 3:01 PM"; null when
 * nothing is stated. Codex leaves the seconds out: the minute that it names is waited for to its end.
 */
export function statedTime(words: string, now: number): number | null {
  const [, date, year, hour, minute, half] = pattern.exec(words) ?? [];
  if (hour === undefined || minute === undefined || half === undefined) return null;
  const day = date === undefined ? now - (now % dayMs) : Date.parse(`${date}, ${year} UTC`);
  const minutes = ((Number(hour) % 12) + (/pm/i.test(half) ? 12 : 0)) * 60 + Number(minute) + 1;
  const at = day + minutes * 60_000;
  if (Number.isNaN(at)) return null;
  return date === undefined && at <= now ? at + dayMs : at;
}

const dayMs = 24 * 60 * 60_000;
const pattern = /try again at (?:([A-Z][a-z]{2} \d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}):(\d{2}) ([AP]M)/i;
