import { CacheCorruptionError } from '@pw/cache-models';
import { storageFault } from '../files/storage-fault.ts';
import { NO_RECORD, type RecordId } from '../index/record-id.ts';
import type { RawRecord } from '../lines/raw-record.ts';
import type { ShardSet } from './shard-set.ts';

/** How often a record is read before it counts as damaged: another process may be writing it each time. */
const READ_TRIES = 4;

/** Reads the records of ids, and confirms damage before it reports any. */
export class RecordReader {
  readonly #shards: () => ShardSet;
  /** Keys whose records seemed damaged, and how often. */
  readonly #suspicions = new Map<string, number>();

  constructor(shards: () => ShardSet) {
    this.#shards = shards;
  }

  /**
   * The record of an id that `find` returned; `undefined` if it no longer exists, or while its shard is being re-read.
   * Throws a CacheCorruptionError for a damaged record, which is set aside, and a CacheStorageError.
   */
  read(id: RecordId): RawRecord | undefined {
    try {
      const record = this.#shards().laneOf(id).shard.readRecord(id);
      if (this.#suspicions.size > 0) this.#suspicions.delete(this.#shards().index.keyOf(id));
      return record;
    } catch (error) {
      if (!(error instanceof CacheCorruptionError)) throw storageFault('read a shard', error);
      return this.#readAgain(id, error);
    }
  }

  /**
   * Another process may have written since the last reading, or be writing now. A record is damaged only if full
   * readings still point to it, or if re-reading the file could show nothing new.
   */
  #readAgain(id: RecordId, fault: CacheCorruptionError): RawRecord | undefined {
    const set = this.#shards();
    const key = set.index.keyOf(id);
    const tries = (this.#suspicions.get(key) ?? 0) + 1;
    if (tries === READ_TRIES || set.laneOf(id).shard.isFullyRead) {
      this.setAside(key);
      throw fault;
    }
    this.#suspicions.set(key, tries);
    set.readAgain(set.index.shardOf(id));
    // The caller waits for a stepwise reading to end, and then looks the key up again.
    const found = set.isReading ? NO_RECORD : set.index.find(key);
    if (found !== NO_RECORD) return this.read(found);
    if (!set.isReading) this.#suspicions.delete(key);
    return undefined;
  }

  /** Takes a damaged record out of the index and, as soon as the lock is free, out of the file. */
  setAside(key: string): void {
    this.#suspicions.delete(key);
    const set = this.#shards();
    const id = set.index.find(key);
    if (id === NO_RECORD) return;
    const lane = set.laneOf(id);
    lane.shard.setAside(id);
    lane.repairSoon();
  }
}
