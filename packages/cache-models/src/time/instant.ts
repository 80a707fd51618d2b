import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Epoch milliseconds of 0001-01-01T00:00:00Z: nothing earlier can be stored. */
export const MIN_INSTANT = -62_135_596_800_000;
/** Epoch milliseconds of 9999-12-31T23:59:59.999Z: nothing later can be stored. */
export const MAX_INSTANT = 253_402_300_799_999;

// From here on (the year 2106), a float64 of epoch seconds loses microseconds when it is multiplied and rounded.
const MICROSECOND_LIMIT = 2 ** 32 * 1e3;

/** The kind of an argument that is a time. */
export const INSTANT: ArgumentKind = Object.freeze({
  wanted: 'must be epoch milliseconds, in the years 1 to 9999',
  isRight: (value: unknown) => isInstant(value as number),
});

/** True for a finite time that every tier and ProxyWhirl can store. */
export function isInstant(value: number): boolean {
  return typeof value === 'number' && value >= MIN_INSTANT && value <= MAX_INSTANT;
}

/**
 * Rounds to the nearest time that every store keeps exactly: to whole microseconds before the year 2106, to whole
 * milliseconds after.
 */
export function toStorable(instant: number): number {
  if (typeof instant !== 'number' || Number.isNaN(instant)) checkArgument('instant', instant, Kinds.number);
  return Math.abs(instant) < MICROSECOND_LIMIT ? Math.round(instant * 1e3) / 1e3 : Math.round(instant);
}

/** Converts ProxyWhirl's epoch seconds (float64) to epoch milliseconds. Keeps microseconds as far as float64 does. */
export function fromEpochSeconds(seconds: number): number {
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) checkArgument('seconds', seconds, Kinds.number);
  return Math.abs(seconds) * 1e3 < MICROSECOND_LIMIT ? Math.round(seconds * 1e6) / 1e3 : Math.round(seconds * 1e3);
}

/** Converts epoch milliseconds to ProxyWhirl's epoch seconds (float64), rounded to the microsecond as Python rounds. */
export function toEpochSeconds(instant: number): number {
  if (typeof instant !== 'number' || Number.isNaN(instant)) checkArgument('instant', instant, Kinds.number);
  return Math.abs(instant) < MICROSECOND_LIMIT ? Math.round(instant * 1e3) / 1e6 : instant / 1e3;
}

/**
 * Formats epoch milliseconds like Python's `isoformat()` in UTC: six fraction digits, or none if the fraction is zero.
 * Throws a CacheValidationError for a time outside the years 1 to 9999.
 *
 * @example
 * ```ts
 * formatInstant(1714564800000.25); // '2024-05-01T12:00:00.000250+00:00'
 * ```
 */
export function formatInstant(instant: number): string {
  if (!isInstant(instant)) checkArgument('instant', instant, INSTANT);
  const floor = Math.floor(instant);
  const part = Math.round((instant - floor) * 1e3);
  const whole = part === 1000 ? floor + 1 : floor;
  const days = Math.floor(whole / DAY);
  const rest = whole - days * DAY;
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  // Concatenated from short pieces: a record has up to five times, and `toISOString` took half the time of encoding
  // one.
  const time = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}`;
  const micros = (rest % 1000) * 1000 + (part % 1000);
  if (micros === 0) return `${formatDate(days)}T${time}+00:00`;
  const fraction = `.${TWO[Math.floor(micros / 10_000)]}${TWO[Math.floor(micros / 100) % 100]}${TWO[micros % 100]}`;
  return `${formatDate(days)}T${time}${fraction}+00:00`;
}

const DAY = 86_400_000;
const TWO: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

/** Formats a number of days since 1970-01-01 as a date: the inverse of `daysSinceEpoch`, whose years begin in March. */
function formatDate(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const place = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * place + 2) / 5) + 1;
  const month = place < 10 ? place + 3 : place - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${TWO[Math.floor(year / 100)]}${TWO[year % 100]}-${TWO[month]}-${TWO[day]}`;
}

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Parses an ISO 8601 string to epoch milliseconds, with microseconds as fractions; `undefined` for anything else.
 * Accepts the formats that Python's `fromisoformat()` accepts. A string without an offset is UTC.
 *
 * @example
 * ```ts
 * parseInstant('2024-05-01T14:00:00+02:00'); // 1714564800000
 * ```
 */
export function parseInstant(text: string): number | undefined {
  if (typeof text !== 'string') checkArgument('text', text, Kinds.string);
  return parseOwn(text) ?? parseAny(text);
}

/**
 * Parses exactly the format that {@link formatInstant} prints, without the regular expression: a stored record has up
 * to five times, and parsing them took half the time of decoding one. `undefined` for any other format and for values
 * out of range.
 */
function parseOwn(text: string): number | undefined {
  const { length } = text;
  if ((length !== 25 && length !== 32) || !text.endsWith('+00:00')) return undefined;
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // `twoDigits` returns NaN for non-digits, and every comparison with NaN is false.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const whole = daysSinceEpoch(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000;
  if (length === 25) return toStorable(whole);
  const micros = twoDigits(text, 20) * 10_000 + twoDigits(text, 22) * 100 + twoDigits(text, 24);
  return text[19] === '.' && micros >= 0 ? toStorable(whole + micros / 1e3) : undefined;
}

/** The number that two digits form; NaN unless both characters are digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/**
 * Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is the
 * last day.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function parseAny(text: string): number | undefined {
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
  // Digits below the microsecond are truncated, as in Python.
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return toStorable(date.getTime() - offset + micros / 1e3);
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
