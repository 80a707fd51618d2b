import type { Place } from './byte-range.ts';
import type { PlaceList } from './range-list.ts';

/** Joins places that follow one another with nothing but a newline between them, up to a limit, in file order and one by one. */
export function* joinPlaces(places: PlaceList | readonly Place[], limit: number): Generator<Place, void> {
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
function inOrder(places: PlaceList | readonly Place[]): Iterable<Place> {
  if (!Array.isArray(places)) return (places as PlaceList).isInOrder ? places : inOrder([...places]);
  for (let at = 1; at < places.length; at++)
    if (places[at]!.offset < places[at - 1]!.offset) return [...places].sort((a, b) => a.offset - b.offset);
  return places;
}
