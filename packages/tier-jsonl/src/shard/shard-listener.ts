import type { ByteRange } from '../lines/byte-range.ts';

/** What a shard tells the store that owns it, and asks it. */
export interface ShardListener {
  /** Epoch milliseconds. */
  now(): number;
  /** So many lines are damaged for sure, and were not counted yet. */
  damaged(count: number): void;
  /** A reading has begun, or the last one that had is over: until then the index holds a part of what is in the file. */
  reading(isBegun: boolean): void;
  /** Two shards have a line of a key. */
  metTwice(): void;
  /** A key's line in this shard counts no more, because of what another shard holds. */
  superseded(shard: number, key: string, range: ByteRange): void;
  /** True if of two lines of a key the one in `shard` counts for being there, whichever was written first. */
  isAtHome(key: string, shard: number): boolean;
  /** Somebody gave the directory another number of shards. */
  resharded(numShards: number): void;
  /** The file is another one than it was, or there is none: whoever did that may have changed the number of shards. */
  replaced(): void;
  /** All of a file was read again: a line that counted may be gone. */
  readAgain(): void;
}
