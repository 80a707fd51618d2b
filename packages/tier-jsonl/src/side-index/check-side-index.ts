import { MAX_KEY_BYTES } from '@pw/cache-models';
import { AS_STRING, LONGEST_CHAIN } from '../index/key-table.ts';
import { lineLength } from '../index/record-columns.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import type { SideColumns } from './side-index-shape.ts';

/** The checked content of a side index besides its columns. */
export interface Extras {
  readonly strings: readonly (readonly [position: number, key: string])[];
  readonly superseded: readonly (readonly [key: string, ranges: readonly ByteRange[]])[];
  readonly foreign: readonly ByteRange[];
}

/** True if `sealSideIndex` could have written this for `count` records of a file of this size. */
export function isExtras(value: unknown, count: number, size: number): value is Extras {
  const { strings, superseded, foreign } = (value ?? {}) as Partial<Record<keyof Extras, unknown>>;
  const isPlaces = (ranges: unknown) => Array.isArray(ranges) && ranges.every((range) => isPlace(range, size));
  return (
    isPairs(strings, (position, key) => isIndex(position, count) && typeof key === 'string') &&
    isPairs(superseded, (key, ranges) => typeof key === 'string' && isPlaces(ranges)) &&
    isPlaces(foreign)
  );
}

/**
 * True if the columns can be those of a shard file of this size: lines lie in the file, key lengths add up, and hashes
 * ascend without crowding, so that adding them takes linear time.
 */
export function areColumnsCredible(
  { offset, length, keyLength, keys, strings, hash, expiresAt }: SideColumns,
  size: number,
): boolean {
  const chainBits = Math.clz32(Math.max(1, keyLength.length - 1));
  let keyBytes = 0;
  let texts = 0;
  let crowd = 0;
  for (let i = 0; i < keyLength.length; i++) {
    const at = offset[i]!;
    if (!(at >= 0 && at + lineLength(length[i]!) <= size) || !Number.isInteger(at) || Number.isNaN(expiresAt[i]!))
      return false;
    if (keyLength[i] === AS_STRING) texts += Number(strings.has(i));
    else if (keyLength[i]! > MAX_KEY_BYTES) return false;
    else keyBytes += keyLength[i]!;
    if (keyLength[i] === AS_STRING && !strings.has(i)) return false;
    if (i === 0) continue;
    const [before, now] = [hash[i - 1]! >>> 0, hash[i]! >>> 0];
    if (now < before) return false;
    crowd = now >>> chainBits === before >>> chainBits ? crowd + 1 : 0;
    if (crowd > LONGEST_CHAIN) return false;
  }
  return keyBytes === keys.length && texts === strings.size;
}

function isPairs(value: unknown, isRight: (first: unknown, second: unknown) => boolean): boolean {
  return (
    Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2 && isRight(pair[0], pair[1]))
  );
}

function isPlace(value: unknown, size: number): boolean {
  const { offset, length } = (value ?? {}) as { readonly offset?: unknown; readonly length?: unknown };
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return false;
  return (offset as number) >= 0 && (length as number) >= 0 && (offset as number) + (length as number) <= size;
}

function isIndex(value: unknown, count: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count;
}
