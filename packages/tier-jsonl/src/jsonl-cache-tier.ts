import {
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type MaybePromise,
  recordToEntry,
  TierType,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  type ChangeListener,
  checkArgument,
  checkOneOptionsObject,
  ENTRY_CHANGE,
  type ResealCounts,
  type SideValues,
  type TierChanges,
  type TierMarks,
  wholeNumber,
} from '@pw/cache-models/tier';
import { notifyListener } from './changes/change-reports.ts';
import { EntryCodec, stampAs } from './entry-codec.ts';
import { updateEntry } from './entry-update.ts';
import { NO_RECORD, type RecordId } from './index/record-id.ts';
import { JsonlStore } from './jsonl-store.ts';
import { type JsonlTierOptions, jsonlOptions, parseJsonlTierOptions } from './jsonl-tier-options.ts';
import { JsonlMarks } from './marks/jsonl-marks.ts';
import { checkKey } from './marks/marks-arguments.ts';
import type { KeyedPut } from './put-batch.ts';
import { resealRecords } from './reseal/reseal.ts';
import { CallerFault } from './shard/shard-operation.ts';
import { JsonlSideValues } from './side-values.ts';

const BATCH_SIZE = wholeNumber(1);
/** Entries that are read before the event loop gets a turn. */
const SLICE = 500;
/** Entries that are encoded between two checks of the time, and milliseconds before the event loop gets a turn. */
const ENCODED_AT_A_TIME = 16;
const ENCODING_MS = 3;

/**
 * Entries in sharded JSON Lines files that people can read, that ProxyWhirl shares, and that any number of processes
 * may use at the same time.
 *
 * A put appends one line; a get is one positioned read. Both cost the same whatever the number of entries. Each entry
 * takes the memory of its key and some 60 to 110 bytes.
 */
export class JsonlCacheTier extends BaseTier<'async'> {
  readonly #store: JsonlStore;
  readonly #sideValues: JsonlSideValues;
  /** Reports of changes by other processes; see `CacheTier.changes`. */
  readonly changes: TierChanges = Object.freeze({
    /**
     * Calls the listener with each key that another process has stored or removed, and with `null` if any may have
     * changed. Throws a CacheValidationError for a listener that is not a function.
     */
    subscribe: (listener: ChangeListener): (() => void) => {
      const remove = this.#store.reports.add(listener);
      if (this.status === 'open') notifyListener(listener, null);
      return remove;
    },
    /** Follows every file, at the cost of one system call for each that did not change. */
    poll: (): Promise<boolean> => this.#poll(),
  });
  readonly #codec: EntryCodec;
  /** What a base below this tier may miss; see `CacheTier.marks`. */
  readonly marks: TierMarks;

  /**
   * Throws a CacheConfigError for an invalid configuration or invalid options.
   *
   * @example
   * ```ts
   * const tier = new JsonlCacheTier({ directory: '.cache/proxies', cipher: new CredentialEncryptor(), maxEntries: 5000 });
   * ```
   */
  constructor(options: JsonlTierOptions);
  constructor(options: JsonlTierOptions, ...more: readonly unknown[]) {
    checkOneOptionsObject('JsonlCacheTier', more, '{ directory, cipher, tierType }');
    super(options, {
      mode: 'async',
      tierType: TierType.L2_FILE,
      capabilities: {
        persistent: true,
        shared: true,
        reseal: true,
        sideValues: true,
        changes: true,
        update: true,
        marks: true,
      },
      ownOptions: jsonlOptions(options),
    });
    this.#codec = new EntryCodec(this.name, this.cipher);
    this.#store = new JsonlStore(parseJsonlTierOptions(options), this.config, {
      clock: this.clock,
      logger: this.logger,
      onDamaged: (count) =>
        this.passOver(new CacheCorruptionError('stored line is damaged', { tier: this.name }), count),
      onEvicting: (id, key, reason) => {
        const entry = this.#readOrSkip(id, key);
        // A record that cannot be read yet is reported when it is evicted again.
        if (this.#store.isReading) return;
        if (entry === undefined) this.counts.countRemoval(reason);
        else this.evicted(key, entry, reason);
      },
    });
    this.#sideValues = new JsonlSideValues({
      directory: this.#store.directory,
      open: async () => {
        if (!this.enabled)
          throw new CacheStorageError(
            `${this.name}: the tier is off, so its side values are unavailable; call resetFailures() or enable it`,
            { tier: this.name },
          );
        await this.open();
      },
      runExclusive: (shard, work) => this.#store.runExclusive(shard, work),
    });
    this.marks = new JsonlMarks({
      store: this.#store,
      codec: this.#codec,
      clock: this.clock,
      run: (fallback, work) => this.#decided(fallback, work),
      runNow: (fallback, work) => this.runNow(fallback, work),
    });
  }

  /**
   * Reads the live entry of a key and stores what `change` makes of it, or removes it if that is `null`, while no other
   * process can change the key. See `CacheTier.update`.
   *
   * If the lock is lost in the middle, because the process was stopped for longer than `lock.staleMs`, it is uncertain
   * whether the change was made: that counts as a fault of the store, so no change is ever made twice.
   *
   * @example
   * ```ts
   * const files = new JsonlCacheTier({ directory: '.cache/proxies' });
   * await files.update('a', (entry) => entry.with({ failureCount: entry.failureCount + 1 }));
   * ```
   */
  async update(key: string, change: (entry: CacheEntry) => CacheEntry | null): Promise<CacheEntry | null | undefined> {
    checkKey('key', key);
    checkArgument('change', change, ENTRY_CHANGE);
    const work = () => updateEntry(this.#store, this.#codec, { key, change, now: this.clock.now() });
    return this.#decided<CacheEntry | null | undefined>(undefined, work);
  }

  /** See `CacheTier.sideValues`. */
  get sideValues(): SideValues {
    return this.#sideValues;
  }

  /**
   * Re-encrypts credentials that were not sealed with the current key of the cipher. Throws a CacheValidationError
   * unless `batchSize` is 1 or more, and a CacheStorageError if a file cannot be read or written.
   */
  async *reseal(batchSize: number): AsyncGenerator<ResealCounts> {
    checkArgument('batchSize', batchSize, BATCH_SIZE);
    await this.open();
    if (this.cipher === undefined) return;
    await this.#sideValues.removeLeftovers();
    yield* resealRecords(this.#store, this.cipher, batchSize);
  }

  async #poll(): Promise<boolean> {
    if (!this.#store.reports.isWanted) return true;
    return this.run(false, async () => {
      await this.#whenSettled(() => this.#store.refreshAll());
      this.#store.reports.flush();
      return true;
    });
  }

  protected override doOpen(): Promise<void> {
    return this.#store.open();
  }

  protected override doClose(): Promise<void> {
    return this.#store.close();
  }

  protected override doGet(key: string, now: number): MaybePromise<CacheEntry | undefined> {
    if (this.#store.isSettled) {
      // Hot path: no closure, and no promise but the one that the caller awaits.
      const entry = this.#get(key, now);
      if (this.#store.isSettled) return entry;
    }
    return this.#whenSettled(() => this.#get(key, now));
  }

  #get(key: string, now: number): CacheEntry | undefined {
    const id = this.#store.find(key);
    if (id === NO_RECORD) return undefined;
    const entry = this.#read(id, key);
    if (entry !== undefined && now < entry.expiresAt) this.#store.noteUse(key);
    return entry;
  }

  protected override doPeek(key: string): MaybePromise<CacheEntry | undefined> {
    return this.#whenSettled(() => {
      const id = this.#store.find(key);
      return id === NO_RECORD ? undefined : this.#read(id, key);
    });
  }

  protected override doHas(key: string, now: number): MaybePromise<boolean> {
    return this.#whenSettled(() => {
      const id = this.#store.find(key);
      return id !== NO_RECORD && !this.#store.isExpired(id, now);
    });
  }

  protected override async doPut(key: string, entry: CacheEntry, _now: number): Promise<boolean> {
    return this.#store.put(key, this.#codec.encode(entry));
  }

  protected override async doPutMany(entries: readonly CacheEntry[], _now: number): Promise<boolean[]> {
    await this.#store.ready();
    const puts: KeyedPut[] = [];
    let end = performance.now() + ENCODING_MS;
    for (const entry of entries) {
      // Sealing credentials takes ten times as long as the rest of the encoding.
      if (puts.length % ENCODED_AT_A_TIME === ENCODED_AT_A_TIME - 1 && performance.now() > end) {
        await nextTurn();
        end = performance.now() + ENCODING_MS;
      }
      puts.push({ key: entry.key, put: this.#codec.encode(entry) });
    }
    return this.#store.putMany(puts);
  }

  protected override doDelete(key: string, now: number): Promise<boolean> {
    return this.#store.delete(key, now, false);
  }

  protected override doExpire(key: string, now: number): Promise<boolean> {
    return this.#store.delete(key, now, true);
  }

  protected override doDeleteMany(keys: readonly string[], now: number): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.#store.delete(key, now, false)));
  }

  protected override doClear(now: number): Promise<number> {
    return this.#store.clear(now);
  }

  protected override doSize(now: number): MaybePromise<number> {
    return this.#whenSettled(() => {
      this.#store.refreshAll();
      return this.#store.liveCount(now);
    });
  }

  protected override sizeNow(): number {
    return this.#store.liveCount(this.clock.now());
  }

  protected override doKeys(now: number): MaybePromise<string[]> {
    return this.#whenSettled(() => {
      this.#store.refreshAll();
      return this.#store.liveKeys(now);
    });
  }

  protected override async *doEntries(now: number): AsyncIterable<CacheEntry> {
    await this.#whenSettled(() => this.#store.refreshAll());
    let count = 0;
    for (const keys of this.#store.liveKeysByFile(now)) {
      for (const key of keys) {
        if (++count % SLICE === 0) await nextTurn();
        const entry = await this.#whenSettled(() => this.#readOrSkip(this.#store.find(key), key));
        if (entry !== undefined) yield entry;
      }
    }
  }

  protected override doCleanupExpired(now: number): Promise<number> {
    return this.#store.cleanupExpired(now);
  }

  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): MaybePromise<number> {
    return this.#whenSettled(() => this.#store.recordAccess(updates, now));
  }

  /** Like `run`, but an error of a function of the caller ends it: it is not a fault of the store. */
  #decided<T>(fallback: T, work: () => Promise<T>): Promise<T> {
    let fault: CallerFault | undefined;
    const failed = (error: unknown): T => {
      if (!(error instanceof CallerFault)) throw error;
      fault = error;
      return fallback;
    };
    return this.run(fallback, () => work().catch(failed)).then((answer) => {
      if (fault !== undefined) throw fault.cause;
      return answer;
    });
  }

  #whenSettled<T>(work: () => T): MaybePromise<T> {
    return this.#store.whenSettled(work);
  }

  /** Throws the codec's error; a damaged record is set aside first. */
  #read(id: RecordId, key: string): CacheEntry | undefined {
    const found = this.#store.readRecord(id);
    if (found === undefined) return undefined;
    try {
      return stampAs(this.#store.overlay(recordToEntry(found, this.cipher)), found);
    } catch (error) {
      if (error instanceof CacheCorruptionError) this.#store.setAside(key);
      throw error;
    }
  }

  #readOrSkip(id: RecordId, key: string): CacheEntry | undefined {
    if (id === NO_RECORD) return undefined;
    try {
      return this.#read(id, key);
    } catch (error) {
      this.passOver(error);
      return undefined;
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
