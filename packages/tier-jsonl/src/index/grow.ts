type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A copy of a column with a larger capacity. */
export function grow<T extends Column>(column: T, capacity: number): T {
  const Kind = column.constructor as new (length: number) => T;
  const larger = new Kind(capacity);
  larger.set(column);
  return larger;
}

/**
 * The capacity to grow to when `needed` is required: half as much again, so that growing is cheap and wastes little.
 */
export function capacityFor(needed: number, current: number): number {
  return Math.max(needed, current + (current >> 1), 64);
}
