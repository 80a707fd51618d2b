import { MAX_JSON_LEVELS, MAX_JSON_VALUES, MAX_ROW_BYTES } from '../import-limits.ts';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-syntax.ts';

/** Bytes scanned before yielding. */
const STEP = 256 * 1024;

/** The end of a JSON value, and its cost to parse. */
export interface JsonExtent {
  /** The position after its last byte; after a number or a literal, trailing white space is included. */
  readonly end: number;
  readonly levels: number;
  /** Members and items on all levels; an upper bound. */
  readonly values: number;
}

/**
 * Finds the end of the JSON value at `start` without parsing it, by its brackets and quotes. If the JSON is invalid,
 * the part found is invalid too, and the parser rejects it. Scans each byte once, in steps, and allocates nothing.
 */
export function* extentOf(bytes: Uint8Array, start: number): Generator<undefined, JsonExtent> {
  const { length } = bytes;
  let levels = 0;
  let deepest = 0;
  let values = 0;
  let isText = false;
  let at = start;
  for (let stop = start + STEP; at < length; stop += STEP) {
    for (const end = Math.min(stop, length); at < end; at++) {
      const byte = bytes[at]!;
      if (isText) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) isText = false;
      } else if (byte === QUOTE) isText = true;
      else if (byte === COMMA) {
        if (levels === 0) return { end: at, levels: deepest, values };
        values++;
      } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        values++;
        if (++levels > deepest) deepest = levels;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        if (levels === 0) return { end: at, levels: deepest, values };
        if (--levels === 0) return { end: at + 1, levels: deepest, values };
      }
    }
    if (at < length) yield undefined;
  }
  return { end: length, levels: deepest, values };
}

const TOO_LONG = 'is longer than 1 MiB, the limit for a row';
const TOO_DEEP = `is nested deeper than ${MAX_JSON_LEVELS.toLocaleString('en')} levels, the limit for a row`;
const TOO_MANY = `has more than ${MAX_JSON_VALUES.toLocaleString('en')} members and items, the limit for a row`;

/** The limit that a row exceeds, as a reason; `undefined` if it exceeds none. */
export function excessOf(bytes: number, { levels, values }: JsonExtent): string | undefined {
  if (bytes > MAX_ROW_BYTES) return TOO_LONG;
  if (levels > MAX_JSON_LEVELS) return TOO_DEEP;
  return values > MAX_JSON_VALUES ? TOO_MANY : undefined;
}
