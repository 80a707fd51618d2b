type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** The same values with room for more. */
export function grow<T extends Column>(column: T, capacity: number): T {
  const Kind = column.constructor as new (length: number) => T;
  const larger = new Kind(capacity);
  larger.set(column);
  return larger;
}

/** How much room to make when `needed` is wanted: half as much again, so that growing costs little and wastes little. */
export function capacityFor(needed: number, current: number): number {
  return Math.max(needed, current + (current >> 1), 64);
}
