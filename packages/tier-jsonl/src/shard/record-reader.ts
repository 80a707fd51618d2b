import { CacheCorruptionError } from '@pw/cache-models';
import { storageFault } from '../files/storage-fault.ts';
import { NO_RECORD, type RecordId } from '../index/record-id.ts';
import type { RawRecord } from '../lines/raw-record.ts';
import type { ShardSet } from './shard-set.ts';

/** A record is read so often before it is called damaged: each time somebody else may have been writing it. */
const READ_TRIES = 4;

/** Reads the records of slots, and makes sure that one which seems damaged is. */
export class RecordReader {
  readonly #shards: () => ShardSet;
  /** Keys whose records seemed damaged, and how often. */
  readonly #doubts = new Map<string, number>();

  constructor(shards: () => ShardSet) {
    this.#shards = shards;
  }

  /**
   * The record of a slot that `find` gave; `undefined` if there is none any more, or while its shard is being read again. Throws a
   * CacheCorruptionError for a damaged one, which is set aside, and a CacheStorageError.
   */
  read(id: RecordId): RawRecord | undefined {
    try {
      const record = this.#shards().laneOf(id).shard.readRecord(id);
      if (this.#doubts.size > 0) this.#doubts.delete(this.#shards().index.keyOf(id));
      return record;
    } catch (error) {
      if (!(error instanceof CacheCorruptionError)) throw storageFault('read a shard', error);
      return this.#readAgain(id, error);
    }
  }

  /**
   * Somebody may have written since we looked, or be writing now: only what full readings still point to is damaged, or what lies in a file
   * of which they could tell nothing new.
   */
  #readAgain(id: RecordId, fault: CacheCorruptionError): RawRecord | undefined {
    const set = this.#shards();
    const key = set.index.keyOf(id);
    const tries = (this.#doubts.get(key) ?? 0) + 1;
    if (tries === READ_TRIES || set.laneOf(id).shard.isFullyRead) {
      this.setAside(key);
      throw fault;
    }
    this.#doubts.set(key, tries);
    set.readAgain(set.index.shardOf(id));
    // A reading that goes on in turns is waited for by whoever asked, who then asks again.
    const found = set.isReading ? NO_RECORD : set.index.find(key);
    if (found !== NO_RECORD) return this.read(found);
    if (!set.isReading) this.#doubts.delete(key);
    return undefined;
  }

  /** A record turned out to be damaged: out of the index and, as soon as the lock is free, out of the file. */
  setAside(key: string): void {
    this.#doubts.delete(key);
    const set = this.#shards();
    const id = set.index.find(key);
    if (id === NO_RECORD) return;
    const lane = set.laneOf(id);
    lane.shard.setAside(id);
    lane.repairSoon();
  }
}
