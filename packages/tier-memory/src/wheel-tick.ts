import { MIN_INSTANT } from '@pw/cache-models/tier';

/** Ticks have ten digits to the base 32, the low five in one integer and the high five in another. */
export const DIGIT_BITS = 5;
export const DIGITS = 10;
const HALF = 5;
const HALF_RANGE = 2 ** (DIGIT_BITS * HALF);
const DIGIT_MASK = 2 ** DIGIT_BITS - 1;
const LAST_TICK = HALF_RANGE * HALF_RANGE - 1;

/**
 * The whole millisecond of an instant, counted from the year 1. Instants outside the range map to its ends, which keeps
 * their order. NaN maps to the far end, which is never reached.
 */
export function tickOf(instant: number): number {
  if (Number.isNaN(instant)) return LAST_TICK;
  return Math.min(Math.max(Math.floor(instant) - MIN_INSTANT, 0), LAST_TICK);
}

/** The high five digits of a tick. */
export function highHalf(tick: number): number {
  return Math.floor(tick / HALF_RANGE);
}

/**
 * The low five digits of a tick, given the high ones. Does not use `%`, which for numbers this large calls out of
 * compiled code.
 */
export function lowHalf(tick: number, high: number): number {
  return tick - high * HALF_RANGE;
}

/**
 * The level of the highest digit in which two ticks differ, given the exclusive or of their halves; 0 if they are
 * equal.
 */
export function highestDifference(high: number, low: number): number {
  if (high !== 0) return HALF + Math.floor((31 - Math.clz32(high)) / DIGIT_BITS);
  return low === 0 ? 0 : Math.floor((31 - Math.clz32(low)) / DIGIT_BITS);
}

/** One digit of a tick. */
export function digitAt(level: number, high: number, low: number): number {
  return level < HALF
    ? (low >>> (DIGIT_BITS * level)) & DIGIT_MASK
    : (high >>> (DIGIT_BITS * (level - HALF))) & DIGIT_MASK;
}
