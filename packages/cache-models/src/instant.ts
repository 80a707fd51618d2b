/** Epoch milliseconds of 0001-01-01T00:00:00Z: nothing earlier can be stored. */
export const MIN_INSTANT = -62_135_596_800_000;
/** Epoch milliseconds of 9999-12-31T23:59:59.999Z: nothing later can be stored. */
export const MAX_INSTANT = 253_402_300_799_999;

// Beyond this a float64 of epoch seconds has no microseconds left to keep.
const MICROSECOND_RANGE_SECONDS = 9_000_000_000;

/** True for a finite time that every tier and ProxyWhirl can store. */
export function isInstant(value: number): boolean {
  return value >= MIN_INSTANT && value <= MAX_INSTANT;
}

/** ProxyWhirl's epoch seconds (float64) to epoch milliseconds, the microsecond kept. */
export function fromEpochSeconds(seconds: number): number {
  return Math.abs(seconds) < MICROSECOND_RANGE_SECONDS ? Math.round(seconds * 1e6) / 1e3 : seconds * 1e3;
}

/** Epoch milliseconds to ProxyWhirl's epoch seconds (float64), rounded to the microsecond as Python rounds. */
export function toEpochSeconds(instant: number): number {
  return Math.round(instant * 1e3) / 1e6;
}

/** Epoch milliseconds as Python's `isoformat()` in UTC: six fraction digits, or none when there are no microseconds. */
export function formatInstant(instant: number): string {
  const micros = Math.round(instant * 1e3);
  const millis = Math.floor(micros / 1e3);
  const text = new Date(millis).toISOString();
  // Within the storable range toISOString() always has a four-digit year.
  const rest = micros - millis * 1e3;
  const fraction = text.slice(20, 23);
  if (rest === 0 && fraction === '000') return `${text.slice(0, 19)}+00:00`;
  return `${text.slice(0, 23)}${String(rest).padStart(3, '0')}+00:00`;
}

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/i;

/**
 * An ISO 8601 text to epoch milliseconds, the microsecond kept; `undefined` for anything else.
 * Takes what Python's `fromisoformat()` takes. A text without an offset is UTC.
 */
export function parseInstant(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const part = (i: number): number => Number(match[i] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (year < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = parseOffset(match[8]);
  if (offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  // Sub-microsecond digits are cut, as Python cuts them.
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return ((date.getTime() - offset) * 1e3 + micros) / 1e3;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || text === 'Z' || text === 'z') return 0;
  const digits = text.slice(1).replaceAll(':', '').padEnd(6, '0');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2, 4));
  if (hours > 23 || minutes > 59) return undefined;
  const size = (hours * 3600 + minutes * 60 + Number(digits.slice(4, 6))) * 1e3;
  return text.startsWith('-') ? -size : size;
}
