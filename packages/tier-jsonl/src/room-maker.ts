import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, type Logger, RemovalReason } from '@pw/cache-models';
import { errorCode } from './files/storage-fault.ts';
import { NO_RECORD, type RecordId } from './index/record-id.ts';
import type { ShardLane } from './shard/shard-lane.ts';
import type { ShardSet } from './shard/shard-set.ts';

/** Keys for which room is made before the event loop gets a turn: what goes is read first, for whoever listens. */
const AT_A_TIME = 64;

export interface RoomMakerParts {
  /** Most records. */
  readonly limit: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A record has to go; it can still be read. */
  onEvicting(id: RecordId, key: string, reason: RemovalReason): void;
  /** `undefined` while closed. */
  shards(): ShardSet | undefined;
  /** Waits while a shard is being read. Throws a CacheStorageError. */
  untilRead(): Promise<void>;
  /** A record is gone: what is kept of it beside the files is void. */
  forget(key: string): void;
}

/** What an eviction leaves to be done. */
interface Leaving {
  readonly removals: Promise<unknown>[];
  /** Where the removals wait. */
  readonly lanes: Set<ShardLane>;
}

/** Removes what is more than a bounded directory may hold. */
export class RoomMaker {
  readonly #parts: RoomMakerParts;

  constructor(parts: RoomMakerParts) {
    this.#parts = parts;
  }

  /**
   * Makes room for keys that were just stored, in their order, as if they had come one after the other. Of many, a few at a time,
   * and then one shard after the other: each takes its lock and writes in one step.
   */
  async makeFor(keys: readonly string[]): Promise<void> {
    const leaving: Leaving = { removals: [], lanes: new Set() };
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

  /** False if a shard has to be read first; then it is to be done again. */
  #evictFor(keys: readonly string[], leaving: Leaving): boolean {
    const set = this.#parts.shards();
    // Closed meanwhile: the next opening makes room.
    if (set === undefined) return true;
    // What other processes stored takes room too.
    set.refreshAll();
    const { limit } = this.#parts;
    const { index } = set;
    for (const key of keys) {
      if (!this.#evictDownTo(limit - (index.isPending(key) ? 1 : 0), set, leaving)) return false;
      const id = index.find(key);
      if (id !== NO_RECORD) index.admit(id);
    }
    return this.#evictDownTo(limit, set, leaving);
  }

  #evictDownTo(count: number, set: ShardSet, leaving: Leaving): boolean {
    const { index } = set;
    const now = this.#parts.clock.now();
    while (!set.isReading && index.admittedCount > count) {
      const id = index.victim(now);
      if (id === undefined) break;
      const key = index.keyOf(id);
      this.#parts.onEvicting(id, key, now >= index.expiresAt(id) ? RemovalReason.TTL : RemovalReason.CAPACITY);
      // Reading it may have shown that it is damaged, and set it aside, or that its shard has to be read again.
      if (set.isReading || index.find(key) !== id) continue;
      const lane = set.lane(index.shardOf(id));
      lane.shard.leave(key, index.rangeOf(id));
      index.remove(id);
      this.#parts.forget(key);
      // At its place in the row already: a put of the key that comes now is done after it.
      const gone = lane.queue({ kind: 'delete', key, now, onlyExpired: false });
      leaving.removals.push(gone.catch((error: unknown) => this.#lateEviction(error)));
      leaving.lanes.add(lane);
    }
    return !set.isReading;
  }

  /** The entry that made it necessary is stored; the evicted one is met again when its file is next read. */
  #lateEviction(error: unknown): void {
    this.#parts.logger.warn(
      { code: errorCode(error) },
      'JSONL tier: an evicted entry could not be removed from its file',
    );
  }
}
