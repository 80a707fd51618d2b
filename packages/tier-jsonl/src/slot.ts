/** What the index knows of a record without reading it. */
export interface SlotFacts {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The three that the eviction order starts from; 0 where no order is kept. */
  readonly lastAccessed: number;
  readonly accessCount: number;
  readonly fetchTime: number;
}

/** The place of a key's newest line. One object for each key, changed in place: memory per key is its cost. */
export interface Slot {
  readonly key: string;
  shard: number;
  offset: number;
  length: number;
  expiresAt: number;
  /** CRC-32 of the line's bytes as they were when its values were found to fit their checksum; 0 before that. */
  sum: number;
  /** Rank in the eviction order: uses so far (lfu), then a stamp that grows with each use (lru, lfu) or new key (fifo). */
  uses: number;
  stamp: number;
  /** Positions in the shard's list and in the two heaps; -1 where it is not. */
  listAt: number;
  expiryAt: number;
  orderAt: number;
}

/** A slot's line lies elsewhere in a file that took the place of another. */
export interface SlotMove {
  readonly slot: Slot;
  readonly from: number;
  readonly to: number;
}
