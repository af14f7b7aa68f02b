// The moment that a log line states, in the many ways loggers write it.

/** Milliseconds since the epoch; null where the text states no full date. A text without a zone is taken as UTC. */
export function parseTime(value: string | number | null): number | null {
  if (value === null) return null;
  if (typeof value === 'number') return fromNumber(value);
  if (/^\d{10,19}(?:\.\d+)?$/.test(value)) return fromNumber(Number(value));
  const match =
    /^(\d{4})[-/.](\d\d)[-/.](\d\d)[T ,]{1,2}(\d\d):(\d\d)(?::(\d\d))?(?:[.,](\d{1,9}))?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?/.exec(
      value,
    );
  if (match) {
    const [, year, month, day, hour, minute, second = '0', fraction = '0', zone] = match;
    const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return at + Math.floor(Number(`0.${fraction}`) * 1000) - zoneOffsetMs(zone);
  }
  // A clock alone, or a date without its year, names no moment.
  if (!/\d{4}/.test(value)) return null;
  const at = Date.parse(/[+-]\d\d:?\d\d$|[A-Z]{3}$|Z$/.test(value) ? value : `${value} UTC`);
  return Number.isNaN(at) ? null : at;
}

function fromNumber(value: number): number {
  if (value > 1e17) return Math.floor(value / 1e6);
  if (value > 1e14) return Math.floor(value / 1e3);
  return value > 1e11 ? Math.floor(value) : Math.floor(value * 1000);
}

function zoneOffsetMs(zone: string | undefined): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '');
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
