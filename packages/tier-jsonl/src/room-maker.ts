import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, type Logger, RemovalReason } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import { NO_RECORD, type RecordId } from './index/record-id.ts';
import type { ShardLane } from './shard/shard-lane.ts';
import type { ShardSet } from './shard/shard-set.ts';

/** Keys handled before the event loop gets a turn: each victim is read first, for `onEvict` listeners. */
const AT_A_TIME = 64;
/** How long what other processes have stored may go uncounted while there is plenty of room, in milliseconds. */
const COUNTED_EVERY_MS = 100;
/** The share of the free room that this process may fill meanwhile. */
const SHARE_OF_ROOM = 1 / 16;

export interface RoomMakerParts {
  /** Maximum number of records. */
  readonly limit: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called before a record is evicted, while it can still be read. */
  onEvicting(id: RecordId, key: string, reason: RemovalReason): void;
  /** `undefined` while closed. */
  shards(): ShardSet | undefined;
  /** Waits while a shard is being read. Throws a CacheStorageError. */
  untilRead(): Promise<void>;
  /** Drops the data that is kept for an evicted record outside the files. */
  forget(key: string): void;
}

/** Deletions that an eviction has queued. */
interface Leaving {
  readonly removals: Promise<unknown>[];
  /** The lanes in which they are queued. */
  readonly lanes: Set<ShardLane>;
}

/** Evicts the records that exceed the limit of a bounded directory. */
export class RoomMaker {
  readonly #parts: RoomMakerParts;
  /** The number of changes of the marks when a marked record was last passed over. */
  #heldAt = 0;
  /** When all files were last followed, and how many more keys may be stored before they are followed again. */
  #countedAt = Number.NEGATIVE_INFINITY;
  #unchecked = 0;

  constructor(parts: RoomMakerParts) {
    this.#parts = parts;
  }

  /**
   * Makes room for keys that were just stored, in their order, as if they had been put one after another. Large batches
   * proceed a few keys at a time, then one shard after another, since each shard locks and writes synchronously.
   * `undefined` if there is room already.
   */
  makeFor(keys: readonly string[]): Promise<void> | undefined {
    const leaving: Leaving = { removals: [], lanes: new Set() };
    try {
      if (keys.length <= AT_A_TIME && this.#evictFor(keys, leaving) && leaving.lanes.size === 0) return undefined;
    } catch (error) {
      for (const lane of leaving.lanes) lane.start();
      throw error;
    }
    return this.#makeFor(keys, leaving);
  }

  async #makeFor(keys: readonly string[], leaving: Leaving): Promise<void> {
    try {
      for (let at = 0; at === 0 || at < keys.length; at += AT_A_TIME) {
        if (at > 0) await nextTurn();
        const some = keys.slice(at, at + AT_A_TIME);
        while (!this.#evictFor(some, leaving)) await this.#parts.untilRead();
      }
      for (const lane of leaving.lanes) {
        lane.start();
        if (leaving.removals.length >= AT_A_TIME) await nextTurn();
      }
    } finally {
      for (const lane of leaving.lanes) lane.start();
    }
    await Promise.all(leaving.removals);
  }

  /** False if a shard has to be read first; then the caller repeats it. */
  #evictFor(keys: readonly string[], leaving: Leaving): boolean {
    const set = this.#parts.shards();
    // Closed meanwhile: the next opening makes room.
    if (set === undefined) return true;
    this.#count(set, keys.length);
    this.#releaseHeld(set);
    const { limit } = this.#parts;
    const { index } = set;
    for (const key of keys) {
      if (!this.#evictDownTo(limit - (index.isPending(key) ? 1 : 0), set, leaving)) return false;
      const id = index.find(key);
      if (id !== NO_RECORD) index.admit(id);
    }
    return this.#evictDownTo(limit, set, leaving);
  }

  /**
   * Records stored by other processes count too. Following each file for each put would take longer than the rest of
   * it, so it is left out for a short while as long as there is much more room than puts.
   */
  #count(set: ShardSet, keys: number): void {
    const now = performance.now();
    this.#unchecked -= keys;
    if (this.#unchecked >= 0 && now - this.#countedAt < COUNTED_EVERY_MS) return;
    set.refreshAll();
    this.#countedAt = now;
    this.#unchecked = Math.floor((this.#parts.limit - set.index.admittedCount) * SHARE_OF_ROOM) - keys;
  }

  /** Marked records are considered again once the marks have changed. */
  #releaseHeld({ index, marks }: ShardSet): void {
    if (!index.hasHeld) return;
    marks.read();
    if (marks.changes !== this.#heldAt) index.releaseHeld();
  }

  #evictDownTo(count: number, set: ShardSet, leaving: Leaving): boolean {
    const { index } = set;
    const now = this.#parts.clock.now();
    while (!set.isReading && index.admittedCount > count) {
      const id = index.victim(now);
      if (id === undefined) break;
      const key = index.keyOf(id);
      if (set.marks.isMarked(key)) {
        this.#heldAt = set.marks.changes;
        index.hold(id);
        continue;
      }
      this.#parts.onEvicting(id, key, now >= index.expiresAt(id) ? RemovalReason.TTL : RemovalReason.CAPACITY);
      // Reading the victim may have set it aside as damaged, or started a re-read of its shard.
      if (set.isReading || index.find(key) !== id) continue;
      const lane = set.lane(index.shardOf(id));
      lane.shard.markLeaving(key, index.rangeOf(id));
      index.remove(id);
      this.#parts.forget(key);
      // Queued right away, so that a later put of the key is ordered after it.
      const gone = lane.queue({ kind: 'evict', key, now });
      leaving.removals.push(gone.catch((error: unknown) => this.#warnNotRemoved(error)));
      leaving.lanes.add(lane);
    }
    return !set.isReading;
  }

  /** The new entry is stored. The evicted one is found again when its file is next read. */
  #warnNotRemoved(error: unknown): void {
    this.#parts.logger.warn(
      { code: errorCode(error) },
      'JSONL tier: an evicted entry could not be removed from its file',
    );
  }
}
