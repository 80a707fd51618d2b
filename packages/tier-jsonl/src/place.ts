/** Where a line lies in its shard file: its bytes without the newline. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Lines that follow one another, with nothing but newlines between them. */
export interface PlaceOfLines extends Place {
  readonly lines: number;
}

/** Joins places that follow one another with nothing but a newline between them, up to a limit, in file order and one by one. */
export function* joinPlaces(places: readonly Place[], limit: number): Generator<Place, void> {
  let [start, end] = [0, -1];
  for (const { offset, length } of inOrder(places)) {
    if (offset === end + 1 && offset + length - start <= limit) end = offset + length;
    else {
      if (end >= start) yield { offset: start, length: end - start };
      [start, end] = [offset, offset + length];
    }
  }
  if (end >= start) yield { offset: start, length: end - start };
}

/** Most lists are in order as they are: nothing is copied then. */
function inOrder(places: readonly Place[]): readonly Place[] {
  for (let at = 1; at < places.length; at++)
    if (places[at]!.offset < places[at - 1]!.offset) return [...places].sort((a, b) => a.offset - b.offset);
  return places;
}
