/** Where a line lies in its shard file: its bytes without the newline. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Joins places that follow one another with nothing but a newline between them, in file order. */
export function joinPlaces(places: readonly Place[], limit: number): Place[] {
  const sorted = [...places].sort((a, b) => a.offset - b.offset);
  const joined: { offset: number; length: number }[] = [];
  for (const { offset, length } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.offset + last.length + 1 === offset && last.length + 1 + length <= limit)
      last.length += 1 + length;
    else joined.push({ offset, length });
  }
  return joined;
}
