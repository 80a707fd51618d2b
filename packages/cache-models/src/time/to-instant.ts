import { isInstant, parseInstant, toStorable } from './instant.ts';

/** Epoch milliseconds, a Date, or an ISO 8601 string (UTC if it has no offset), in the years 1 to 9999. */
export type InstantInput = number | Date | string;

/**
 * Epoch milliseconds of an input, rounded to what every store keeps exactly (see {@link toStorable}); `undefined` for
 * anything that is not a time in the years 1 to 9999.
 *
 * @example
 * ```ts
 * toInstant('2024-05-01T12:00:00Z'); // 1714564800000
 * toInstant('yesterday'); // undefined
 * ```
 */
export function toInstant(value: InstantInput): number | undefined {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseInstant(value) : value;
  return typeof time === 'number' && isInstant(time) ? toStorable(time) : undefined;
}
