import type { ByteRange } from './byte-range.ts';
import type { RangeList } from './range-list.ts';

/** Joins ranges with nothing but a newline between them, up to a limit, and yields them in file order. */
export function* joinRanges(ranges: RangeList | readonly ByteRange[], limit: number): Generator<ByteRange, void> {
  let [start, end] = [0, -1];
  for (const { offset, length } of inOrder(ranges)) {
    if (offset === end + 1 && offset + length - start <= limit) end = offset + length;
    else {
      if (end >= start) yield { offset: start, length: end - start };
      [start, end] = [offset, offset + length];
    }
  }
  if (end >= start) yield { offset: start, length: end - start };
}

/** Most lists are in order already, and are not copied. */
function inOrder(ranges: RangeList | readonly ByteRange[]): Iterable<ByteRange> {
  if (!Array.isArray(ranges)) return (ranges as RangeList).isInOrder ? ranges : inOrder([...ranges]);
  for (let at = 1; at < ranges.length; at++)
    if (ranges[at]!.offset < ranges[at - 1]!.offset) return [...ranges].sort((a, b) => a.offset - b.offset);
  return ranges;
}
