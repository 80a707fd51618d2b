import { parseInstant, toStorable } from '@pw/cache-models/tier';
import { isAt } from './is-at.ts';

const ZERO = 0x30;
const [DASH, LETTER_T, COLON, DOT] = [0x2d, 0x54, 0x3a, 0x2e];
const UTC = Buffer.from('+00:00');
/** Lengths of `2026-01-31T10:00:00+00:00`, without and with a six-digit fraction. */
const [WHOLE, FRACTION] = [25, 32];
/** Days that are cached: more than ten years. */
const MAX_DAYS = 4096;
const INVALID = 1e9;

/**
 * Parses times from bytes. The start of each day is cached: the times of a file fall on few days, and making and
 * parsing a string for each took a fifth of the time to open a large file.
 */
export class InstantCutter {
  /** Epoch milliseconds of the start of a day, by its digits. */
  readonly #days = new Map<number, number>();

  /** Epoch milliseconds of the time between two positions, as `parseInstant` reads it. */
  parse(bytes: Buffer, from: number, to: number): number | undefined {
    const time = isOwnForm(bytes, from, to) ? timeOf(bytes, from, to - from) : INVALID;
    const day = time === INVALID ? undefined : this.#dayOf(bytes, from);
    return day === undefined ? parseInstant(bytes.toString('latin1', from, to)) : toStorable(day + time);
  }

  #dayOf(bytes: Buffer, from: number): number | undefined {
    const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
    const digits = (year * 100 + twoDigits(bytes, from + 5)) * 100 + twoDigits(bytes, from + 8);
    const known = this.#days.get(digits);
    if (known !== undefined) return known;
    const day = parseInstant(`${bytes.toString('latin1', from, from + 10)}T00:00:00+00:00`);
    if (day === undefined) return undefined;
    if (this.#days.size >= MAX_DAYS) this.#days.clear();
    this.#days.set(digits, day);
    return day;
  }
}

/** True if separators and offset are where our writer and Python's put them. */
function isOwnForm(bytes: Buffer, from: number, to: number): boolean {
  const length = to - from;
  if ((length !== WHOLE && length !== FRACTION) || !isAt(bytes, UTC, to - UTC.length)) return false;
  if (length === FRACTION && bytes[from + 19] !== DOT) return false;
  return (
    bytes[from + 4] === DASH &&
    bytes[from + 7] === DASH &&
    bytes[from + 10] === LETTER_T &&
    bytes[from + 13] === COLON &&
    bytes[from + 16] === COLON
  );
}

/** Milliseconds since midnight; INVALID if the digits are not a time of day. */
function timeOf(bytes: Buffer, from: number, length: number): number {
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  if (hour > 23 || minute > 59 || second > 59) return INVALID;
  const whole = (hour * 3600 + minute * 60 + second) * 1000;
  if (length === WHOLE) return whole;
  const micros = twoDigits(bytes, from + 20) * 10_000 + twoDigits(bytes, from + 22) * 100 + twoDigits(bytes, from + 24);
  return micros > 999_999 ? INVALID : whole + micros / 1e3;
}

/** INVALID for anything but two digits; a sum that includes INVALID is never below it. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : INVALID;
}
