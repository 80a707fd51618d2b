import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AccessUpdate,
  BaseTier,
  CacheEntry,
  type CacheTierConfigInput,
  checkFilter,
  type EntryFilter,
  type EntryPage,
  isTooLongKey,
  type MaybePromise,
  queryEntries,
  RemovalReason,
  type TierOptions,
  TierType,
  type TouchedEntries,
} from '@pw/cache-models';
import { CellStore } from './cell-store.ts';
import { NONE } from './cell-table.ts';
import { TouchLog } from './touch-log.ts';

/** Most expired entries that are removed before the event loop has its turn: some milliseconds' work. */
const CLEANUP_SLICE = 5000;
/** How deep puts inside `onEvict` inside puts may go before one that needs room is refused. */
const MAX_NESTED_EVICTIONS = 8;

/**
 * Keeps entries in this process's memory: lru, lfu and fifo, all at a cost that does not grow with the number of entries.
 * Every answer is a value, never a promise, but for a `cleanupExpired` of thousands. `close` forgets all entries.
 *
 * `onEvict` is told of entries that leave to make room (`capacity`, or `ttl` for one that had expired), after the new
 * entry is in place. It may use the tier; a put of its own that would evict again is refused (`false`) at the eighth
 * nesting, so a listener that puts back what was evicted comes to an end.
 */
export class MemoryCacheTier extends BaseTier<'sync'> {
  #store: CellStore;
  /** There once somebody asked for it. */
  #touches: TouchLog | undefined;
  #nesting = 0;

  /** Throws a CacheConfigError for a wrong configuration. */
  constructor(config: CacheTierConfigInput = {}, options: TierOptions = {}) {
    super(config, options, {
      mode: 'sync',
      tierType: TierType.L1_MEMORY,
      capabilities: { persistent: false, shared: false, ordered: false, query: true, healthHistory: false },
      ownOptions: {},
    });
    this.#store = this.#emptyStore();
  }

  /** BaseTier's `get`, without its detours on the path that all speed depends on: a hit or a miss of a tier that is well. */
  override get(key: string): CacheEntry | undefined {
    if (!this.#isHealthy() || typeof key !== 'string' || isTooLongKey(key)) return super.get(key);
    const now = this.clock.now();
    const cell = this.#store.find(key);
    if (cell === NONE) {
      this.counts.misses++;
      return undefined;
    }
    if (this.#store.isExpiredAt(cell, now)) return this.seen(key, this.#store.entryAt(cell), now) as undefined;
    this.counts.hits++;
    this.#store.use(cell);
    return this.#store.entryAt(cell);
  }

  /** BaseTier's `put`, likewise: what is plainly in order goes straight in. */
  override put(key: string, entry: CacheEntry): boolean {
    if (!this.#isHealthy() || !isPlainPut(key, entry)) return super.put(key, entry);
    try {
      return this.doPut(key, entry, this.clock.now());
    } catch (error) {
      return this.health.recover(error, false);
    }
  }

  /** BaseTier's `peek`, likewise. */
  override peek(key: string): CacheEntry | undefined {
    if (!this.#isHealthy() || typeof key !== 'string' || isTooLongKey(key)) return super.peek(key);
    const cell = this.#store.find(key);
    return cell === NONE || this.#store.isExpiredAt(cell, this.clock.now()) ? undefined : this.#store.entryAt(cell);
  }

  /** As `get`, and counts the access in the entry: the answer has `accessCount` one higher and `lastAccessed` now. */
  touch(key: string): CacheEntry | undefined {
    if (!this.#isHealthy() || typeof key !== 'string' || isTooLongKey(key)) return this.#touchViaBase(key);
    const now = this.clock.now();
    const cell = this.#store.find(key);
    if (cell === NONE) {
      this.counts.misses++;
      return undefined;
    }
    const entry = this.#store.entryAt(cell);
    if (this.#store.isExpiredAt(cell, now)) return this.seen(key, entry, now) as undefined;
    this.counts.hits++;
    this.#store.use(cell);
    const touched = entry.touch(now);
    // The deadline is the same: the cell's copy of it stands.
    this.#store.refresh(cell, touched);
    this.#touches?.mark(cell);
    return touched;
  }

  /** What `touch` has counted since the first call of this, as long as nobody took it; `clear` and `close` keep it. */
  touched(): TouchedEntries {
    this.#touches ??= new TouchLog(() => this.#store);
    this.#store.departures = this.#touches;
    return this.#touches;
  }

  #touchViaBase(key: string): CacheEntry | undefined {
    const entry = super.get(key);
    if (entry === undefined) return undefined;
    const touched = entry.touch(this.clock.now());
    const cell = this.#store.find(key);
    this.#store.refresh(cell, touched);
    this.#touches?.mark(cell);
    return touched;
  }

  /** One page of the entries that fit a filter; looks at all of them. Throws a CacheValidationError for a wrong filter. */
  query(filter: EntryFilter = {}): EntryPage {
    checkFilter(filter);
    const now = this.clock.now();
    return this.run<EntryPage>({ entries: [], cursor: null }, () => {
      const entries = filter.includeExpired === true ? this.#store.allEntries() : this.#store.liveEntries(now);
      return queryEntries(entries, filter, now);
    });
  }

  protected override doClose(): void {
    this.#touches?.leaveAll();
    this.#store = this.#emptyStore();
  }

  protected override doGet(key: string, now: number): CacheEntry | undefined {
    const cell = this.#store.find(key);
    if (cell === NONE) return undefined;
    if (!this.#store.isExpiredAt(cell, now)) this.#store.use(cell);
    return this.#store.entryAt(cell);
  }

  protected override doPeek(key: string): CacheEntry | undefined {
    const cell = this.#store.find(key);
    return cell === NONE ? undefined : this.#store.entryAt(cell);
  }

  protected override doPut(key: string, entry: CacheEntry, now: number): boolean {
    const store = this.#store;
    const cell = store.find(key);
    if (cell !== NONE && !store.isExpiredAt(cell, now)) {
      this.#touches?.leave(cell);
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
    this.#touches?.leaveAll();
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

  /** In slices when there is much to remove: only then with a promise, and others have their turn in between. */
  protected override doCleanupExpired(now: number): MaybePromise<number> {
    const store = this.#store;
    return store.expiredCount(now) <= CLEANUP_SLICE
      ? store.cleanupExpired(now, CLEANUP_SLICE)
      : this.#cleanupInSlices(now);
  }

  async #cleanupInSlices(now: number): Promise<number> {
    let removed = 0;
    for (let left = this.#store.expiredCount(now); left > 0; left -= CLEANUP_SLICE) {
      // The store of now: a close in between has begun an empty one.
      removed += this.#store.cleanupExpired(now, Math.min(left, CLEANUP_SLICE));
      await nextTurn();
    }
    return removed;
  }

  /** A later access that was counted elsewhere is a use here too: it moves the entry in the eviction order. */
  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): number {
    let found = 0;
    for (const { key, accessCount, lastAccessed, evictedFromL1 } of updates) {
      const cell = this.#store.find(key);
      if (cell === NONE || this.#store.isExpiredAt(cell, now)) continue;
      const entry = this.#store.entryAt(cell);
      const updated = entry.with({ accessCount, lastAccessed, evictedFromL1: evictedFromL1 ?? entry.evictedFromL1 });
      this.#store.replace(cell, updated);
      if (updated.lastAccessed > entry.lastAccessed) this.#store.use(cell);
      found++;
    }
    return found;
  }

  /** True when an operation needs none of what BaseTier does for a tier that is closed, switched off or failing. */
  #isHealthy(): boolean {
    return this.status === 'open' && this.enabled && this.failureCount === 0;
  }

  #putIntoFull(key: string, entry: CacheEntry, now: number): boolean {
    if (this.#nesting >= MAX_NESTED_EVICTIONS) return false;
    if (entry.isExpiredAt(now) && this.#store.expiredCount(now) === 0) {
      // Expired entries go first, and this is the only one: it leaves as it comes.
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

  /** Tells of an entry that is gone. The store is complete by now: the listener may use the tier. */
  #reportEviction(key: string, entry: CacheEntry, reason: RemovalReason): void {
    this.#nesting++;
    try {
      this.evicted(key, entry, reason);
    } finally {
      this.#nesting--;
    }
  }

  /** Removes an expired entry that a write met. */
  #removeExpired(cell: number): void {
    this.#store.remove(cell);
    this.counts.countRemoval(RemovalReason.TTL);
  }

  #emptyStore(): CellStore {
    const store = new CellStore(this.config.evictionPolicy, this.config.maxEntries);
    store.departures = this.#touches;
    return store;
  }
}

/** True for most of what passes BaseTier's check; an entry of another copy of the models is left to it. */
function isPlainPut(key: unknown, entry: unknown): boolean {
  if (typeof key !== 'string' || key === '' || typeof entry !== 'object' || entry === null) return false;
  if (isTooLongKey(key)) return false;
  return Object.getPrototypeOf(entry) === CacheEntry.prototype && (entry as CacheEntry).key === key;
}
