import type { ByteRange } from '../lines/byte-range.ts';

/** Identifies the state of a shard file. */
export interface FileStamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
}

/** The records of a shard, one flat array per fact, in the same order. */
export interface SideColumns {
  readonly expiresAt: Float64Array;
  readonly offset: Float64Array;
  /** With a flag for lines that have a version. */
  readonly length: Uint32Array;
  /** Length of each key in bytes, or 2^32 - 1 for one in `strings`. */
  readonly keyLength: Uint32Array;
  /** Keys with one byte per character, back to back. */
  readonly keys: Uint8Array;
  /** The other keys, by position. */
  readonly strings: ReadonlyMap<number, string>;
  /** Hashes of the keys, ascending as unsigned numbers; computed with `seed`. */
  readonly hash: Int32Array;
  readonly seed: number;
}

/** The content of a side index: everything that reading the lines of a shard would yield. */
export interface SideIndex {
  readonly columns: SideColumns;
  readonly superseded: ReadonlyMap<string, readonly ByteRange[]>;
  readonly foreign: Iterable<ByteRange>;
}
