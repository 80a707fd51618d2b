import type { ByteRange } from '../lines/byte-range.ts';

/** What tells a shard file from every other state of it. */
export interface FileStamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
}

/** The slots of a shard, a flat array for each fact, in the same order. */
export interface SideColumns {
  readonly expiresAt: Float64Array;
  readonly offset: Float64Array;
  readonly length: Uint32Array;
  /** Bytes of each key, or 2^32 - 1 for one in `strings`. */
  readonly keyLength: Uint32Array;
  /** The keys of one byte a character, one after the other. */
  readonly keys: Uint8Array;
  /** The other keys, by position. */
  readonly strings: ReadonlyMap<number, string>;
  /** The hashes of the keys, in ascending order of the unsigned numbers; they began with `seed`. */
  readonly hash: Int32Array;
  readonly seed: number;
}

/** What a side index holds of a shard: all that a reading of its lines would tell. */
export interface SideIndex {
  readonly columns: SideColumns;
  readonly superseded: ReadonlyMap<string, readonly ByteRange[]>;
  readonly foreign: Iterable<ByteRange>;
}
