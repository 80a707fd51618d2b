/** What the index knows of a record without reading it. */
export interface RecordFacts {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The three that the eviction order starts from; 0 where no order is kept. */
  readonly lastAccessed: number;
  readonly accessCount: number;
  readonly fetchTime: number;
}

/**
 * A key's place in the index: a number, good until the key is removed or its shard read anew, so for one step of the event
 * loop. Whoever waits looks the key up again.
 */
export type RecordId = number;

/** No such key. */
export const NO_RECORD: RecordId = -1;

/** A slot's line lies elsewhere in a file that took the place of another. */
export interface LineMove {
  readonly id: RecordId;
  readonly from: number;
  readonly to: number;
}
