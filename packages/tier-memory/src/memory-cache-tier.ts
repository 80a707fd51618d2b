import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BaseTier,
  type CacheEntry,
  type EntryFilter,
  type EntryPage,
  type MaybePromise,
  RemovalReason,
  type TierOptions,
  TierType,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  addAccess,
  checkFilter,
  checkOneOptionsObject,
  claimEntry,
  copyEntry,
  countAccess,
  queryEntries,
} from '@pw/cache-models/tier';
import { CellStore } from './cell-store.ts';
import { NONE } from './cell-table.ts';

/** Maximum number of expired entries removed before yielding to the event loop: some milliseconds of work. */
const CLEANUP_SLICE = 5000;
/** Depth of nested puts in `onEvict` listeners at which a put that needs room is refused. */
const MAX_NESTED_EVICTIONS = 8;

/**
 * Entries in the memory of this process, with lru, lfu and fifo eviction in constant time. Every method returns a
 * value, never a promise, except `cleanupExpired` with thousands of expired entries. `close` discards all entries.
 *
 * `get` returns the very entry that was put, and counts the access in it: a hit copies nothing. An entry that another
 * memory tier keeps is copied when it is put.
 *
 * `onEvict` is called for entries removed to make room (`capacity`, or `ttl` if already expired), after the new entry
 * is stored. It may use the tier. A nested put that would evict again is refused (`false`) at the eighth level, so that
 * a listener that puts evicted entries back terminates.
 */
export class MemoryCacheTier extends BaseTier<'sync'> {
  #store: CellStore;
  /** Claims the entries of this tier. Not the tier itself: an entry that somebody keeps must not keep the tier. */
  readonly #token = Object.freeze({});
  #nesting = 0;

  /**
   * Throws a CacheConfigError for an invalid configuration.
   *
   * @example
   * ```ts
   * const tier = new MemoryCacheTier({ maxEntries: 1000, evictionPolicy: 'lfu' });
   * ```
   */
  constructor(options?: TierOptions);
  constructor(options: TierOptions = {}, ...more: readonly unknown[]) {
    checkOneOptionsObject('MemoryCacheTier', more, '{ maxEntries, tierType }');
    super(options, {
      mode: 'sync',
      tierType: TierType.L1_MEMORY,
      capabilities: { countsAccesses: true, query: true },
      ownOptions: {},
    });
    this.#store = this.#emptyStore();
  }

  protected override fastGet(key: string): CacheEntry | undefined | null {
    const now = this.clock.now();
    const cell = this.#store.find(key);
    if (cell === NONE) {
      this.counts.misses++;
      return undefined;
    }
    if (this.#store.isExpiredAt(cell, now)) return null;
    this.counts.hits++;
    this.#store.use(cell);
    const entry = this.#store.entryAt(cell);
    countAccess(entry, now);
    return entry;
  }

  protected override fastPut(key: string, entry: CacheEntry): boolean {
    return this.doPut(key, entry, this.clock.now());
  }

  protected override fastPeek(key: string): CacheEntry | undefined {
    const cell = this.#store.find(key);
    return cell === NONE || this.#store.isExpiredAt(cell, this.clock.now()) ? undefined : this.#store.entryAt(cell);
  }

  /**
   * One page of the entries that match a filter; inspects all of them. Throws a CacheValidationError for an invalid
   * filter.
   */
  query(filter: EntryFilter = {}): EntryPage {
    checkFilter(filter);
    const now = this.clock.now();
    return this.run<EntryPage>({ entries: [], cursor: null }, () => {
      const entries = filter.includeExpired === true ? this.#store.allEntries() : this.#store.liveEntries(now);
      return queryEntries(entries, filter, now);
    });
  }

  protected override doClose(): void {
    this.#store = this.#emptyStore();
  }

  protected override doGet(key: string, now: number): CacheEntry | undefined {
    const cell = this.#store.find(key);
    if (cell === NONE) return undefined;
    const entry = this.#store.entryAt(cell);
    if (this.#store.isExpiredAt(cell, now)) return entry;
    this.#store.use(cell);
    countAccess(entry, now);
    return entry;
  }

  protected override doPeek(key: string): CacheEntry | undefined {
    const cell = this.#store.find(key);
    return cell === NONE ? undefined : this.#store.entryAt(cell);
  }

  protected override doPut(key: string, given: CacheEntry, now: number): boolean {
    const store = this.#store;
    const entry = claimEntry(given, this.#token);
    const cell = store.find(key);
    if (cell !== NONE && !store.isExpiredAt(cell, now)) {
      store.replace(cell, entry);
      store.use(cell);
      return true;
    }
    if (cell !== NONE) this.#removeExpired(cell);
    if (store.isFull) return this.#putIntoFull(key, entry, now);
    store.insert(entry);
    return true;
  }

  protected override doDelete(key: string, now: number): boolean {
    const cell = this.#store.find(key);
    if (cell === NONE) return false;
    const expired = this.#store.isExpiredAt(cell, now);
    if (expired) this.#removeExpired(cell);
    else this.#store.remove(cell);
    return !expired;
  }

  protected override doExpire(key: string, now: number): void {
    const cell = this.#store.find(key);
    if (cell !== NONE && this.#store.isExpiredAt(cell, now)) this.#store.remove(cell);
  }

  protected override doClear(now: number): number {
    const live = this.#store.liveCount(now);
    this.counts.countRemoval(RemovalReason.TTL, this.#store.expiredCount(now));
    this.#store = this.#emptyStore();
    return live;
  }

  protected override doSize(now: number): number {
    return this.#store.liveCount(now);
  }

  protected override doKeys(now: number): string[] {
    return this.#store.liveEntries(now).map((entry) => entry.key);
  }

  protected override doHas(key: string, now: number): boolean {
    const cell = this.#store.find(key);
    return cell !== NONE && !this.#store.isExpiredAt(cell, now);
  }

  protected override doEntries(now: number): Iterable<CacheEntry> {
    return this.#store.liveEntries(now);
  }

  /** Many entries are removed in slices that yield to the event loop, and only then is the result a promise. */
  protected override doCleanupExpired(now: number): MaybePromise<number> {
    const store = this.#store;
    return store.expiredCount(now) <= CLEANUP_SLICE
      ? store.cleanupExpired(now, CLEANUP_SLICE)
      : this.#cleanupInSlices(now);
  }

  async #cleanupInSlices(now: number): Promise<number> {
    let removed = 0;
    for (let left = this.#store.expiredCount(now); left > 0; left -= CLEANUP_SLICE) {
      // Reads `#store` again after each pause: a `close` in between has replaced it by an empty one.
      removed += this.#store.cleanupExpired(now, Math.min(left, CLEANUP_SLICE));
      await nextTurn();
    }
    return removed;
  }

  /** An access counted elsewhere is a use here too: it moves the entry in the eviction order. */
  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): number {
    let found = 0;
    for (const { key, hits, lastAccessed, evictedFromL1 } of updates) {
      const cell = this.#store.find(key);
      if (cell === NONE || this.#store.isExpiredAt(cell, now)) continue;
      const before = this.#store.entryAt(cell);
      if (lastAccessed > before.lastAccessed) this.#store.use(cell);
      const entry = this.#withMark(cell, before, evictedFromL1);
      addAccess(entry, { hits, lastAccessed });
      found++;
    }
    return found;
  }

  /** The entry of a cell, replaced by a copy if it is to have another mark. */
  #withMark(cell: number, entry: CacheEntry, evictedFromL1: boolean | undefined): CacheEntry {
    if (evictedFromL1 === undefined || evictedFromL1 === entry.evictedFromL1) return entry;
    const copy = claimEntry(copyEntry(entry, evictedFromL1), this.#token);
    this.#store.replace(cell, copy);
    return copy;
  }

  #putIntoFull(key: string, entry: CacheEntry, now: number): boolean {
    if (this.#nesting >= MAX_NESTED_EVICTIONS) return false;
    if (entry.isExpiredAt(now) && this.#store.expiredCount(now) === 0) {
      // The new entry is the only expired one, and expired entries are evicted first: it is evicted without being
      // stored.
      this.#reportEviction(key, entry, RemovalReason.TTL);
      return true;
    }
    const cell = this.#store.victim(now);
    const reason = this.#store.isExpiredAt(cell, now) ? RemovalReason.TTL : RemovalReason.CAPACITY;
    const victim = this.#store.remove(cell);
    this.#store.insert(entry);
    this.#reportEviction(victim.key, victim, reason);
    return true;
  }

  /** Reports an evicted entry. The store is consistent by now: the listener may use the tier. */
  #reportEviction(key: string, entry: CacheEntry, reason: RemovalReason): void {
    this.#nesting++;
    try {
      this.evicted(key, entry, reason);
    } finally {
      this.#nesting--;
    }
  }

  /** Removes an expired entry that a write has found. */
  #removeExpired(cell: number): void {
    this.#store.remove(cell);
    this.counts.countRemoval(RemovalReason.TTL);
  }

  #emptyStore(): CellStore {
    return new CellStore(this.config.evictionPolicy, this.config.maxEntries);
  }
}
