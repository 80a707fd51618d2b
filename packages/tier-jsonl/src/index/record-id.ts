/** The facts about a record that the index stores, so that the record need not be read for them. */
export interface RecordFacts {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** The facts that the eviction order starts from; 0 where no order is kept. */
  readonly lastAccessed: number;
  readonly accessCount: number;
  readonly fetchTime: number;
}

/**
 * The number of a record in the index. It is valid until the key is removed or its shard is re-read, so for one turn of
 * the event loop: after any wait, look the key up again.
 */
export type RecordId = number;

/** The key has no record. */
export const NO_RECORD: RecordId = -1;

/** A record whose line is at another offset in the file that replaced the shard. */
export interface LineMove {
  readonly id: RecordId;
  readonly from: number;
  readonly to: number;
}
