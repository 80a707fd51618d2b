import { BaseTier, type CacheEntry, type MaybePromise, type TierOptions } from '@pw/cache-models';
import type { AccessUpdate, TierDescription } from '@pw/cache-models/tier';

export type Fault = 'none' | 'throw' | 'reject' | 'hang' | 'malformed';

/**
 * An asynchronous tier over a Map that can be made to fail, hang or return malformed answers, and that counts its
 * calls.
 */
export class FaultTier extends BaseTier<'async'> {
  readonly store = new Map<string, CacheEntry>();
  fault: Fault = 'none';
  calls = 0;

  constructor(options: TierOptions = {}, capabilities: TierDescription<'async'>['capabilities'] = {}) {
    super(options, {
      mode: 'async',
      tierType: 'l2_fault',
      capabilities,
    });
  }

  #answer<T>(value: () => T): MaybePromise<T> {
    this.calls++;
    if (this.fault === 'throw') throw new Error('planted');
    if (this.fault === 'reject') return Promise.reject(new Error('planted'));
    if (this.fault === 'hang') return new Promise<T>(() => {});
    if (this.fault === 'malformed') return Promise.resolve('malformed' as T);
    return Promise.resolve().then(value);
  }

  #live(now: number): string[] {
    return [...this.store.values()].filter((entry) => !entry.isExpiredAt(now)).map((entry) => entry.key);
  }

  protected override doOpen() {
    return this.#answer(() => {});
  }
  protected doGet(key: string) {
    return this.#answer(() => this.store.get(key));
  }
  protected doPut(key: string, entry: CacheEntry) {
    return this.#answer(() => {
      this.store.set(key, entry);
      return true;
    });
  }
  protected doDelete(key: string) {
    return this.#answer(() => this.store.delete(key));
  }
  protected doClear() {
    return this.#answer(() => {
      const { size } = this.store;
      this.store.clear();
      return size;
    });
  }
  protected doSize(now: number) {
    return this.#answer(() => this.#live(now).length);
  }
  protected doKeys(now: number) {
    return this.#answer(() => this.#live(now));
  }
  protected doHas(key: string, now: number) {
    return this.#answer(() => this.#live(now).includes(key));
  }
  protected doEntries() {
    return this.store.values();
  }
  protected doCleanupExpired(now: number) {
    return this.#answer(() => {
      let removed = 0;
      for (const [key, entry] of this.store) if (entry.isExpiredAt(now) && this.store.delete(key)) removed++;
      return removed;
    });
  }
}

/** Adds accesses to the entries of a store, as a tier does. Returns how many of the updates had an entry. */
export function addAccesses(store: Map<string, CacheEntry>, updates: readonly AccessUpdate[]): number {
  let found = 0;
  for (const { key, hits, lastAccessed, evictedFromL1 } of updates) {
    const entry = store.get(key);
    if (entry === undefined) continue;
    found++;
    const changed = entry.with({
      accessCount: entry.accessCount + hits,
      lastAccessed: Math.max(entry.lastAccessed, lastAccessed),
      evictedFromL1: evictedFromL1 ?? entry.evictedFromL1,
    });
    store.set(key, changed);
  }
  return found;
}
