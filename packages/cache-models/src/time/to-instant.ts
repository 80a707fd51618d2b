import type { InstantInput } from '../entry/cache-entry-input.ts';
import { isInstant, parseInstant, toStorable } from './instant.ts';

/** Epoch milliseconds of an input, rounded to what every store keeps; undefined for what is no storable time. */
export function toInstant(value: InstantInput): number | undefined {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseInstant(value) : value;
  return typeof time === 'number' && isInstant(time) ? toStorable(time) : undefined;
}
