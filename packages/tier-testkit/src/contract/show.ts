import { inspect } from 'node:util';

const LONGEST = 400;

/** A value on one line; long ones are shortened to both ends and their length. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = inspect(value, {
    depth: 4,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 120,
    maxArrayLength: 12,
  });
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST / 2)} … ${text.slice(-LONGEST / 4)} (${text.length} characters)`;
}
