import type { ByteRange } from '../lines/byte-range.ts';

/** How a shard reports to the set that owns it, and queries it. */
export interface ShardListener {
  /** Epoch milliseconds. */
  now(): number;
  /** Lines that are certainly damaged, and were not counted yet. */
  damaged(count: number): void;
  /** A reading has begun, or the last one is over: in between the index covers only a part of the file. */
  reading(isBegun: boolean): void;
  /** Two shards have a line of the same key. */
  foundInTwoShards(): void;
  /** The line of a key in this shard is superseded by one in another shard. */
  superseded(shard: number, key: string, range: ByteRange): void;
  /** For two lines of a key: true if the one in `shard` counts because it is at home, whichever was written first. */
  isAtHome(key: string, shard: number): boolean;
  /** A process changed the number of shards of the directory. */
  resharded(numShards: number): void;
  /** The file was replaced or removed, perhaps by a process that changed the number of shards. */
  replaced(): void;
  /** True if changes by other processes are to be reported. */
  wantsChanges(): boolean;
  /** Another process stored or removed a key. */
  changed(key: string): void;
  /** A whole file was re-read: a line that counted may no longer exist. */
  readAgain(): void;
}
