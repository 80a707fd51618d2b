import { ManualClock } from '@pw/test-support';
import { BaseTier, type CacheEntry, type MaybePromise, type TierOptions } from '../../src/index.ts';
import type { TierDescription } from '../../src/tier/index.ts';

/** The clock of both tiers. */
export const clock = new ManualClock();

/** The smallest correct tier: a Map. Errors can be planted under a key, or under `open` for opening. */
export class MapTier extends BaseTier<'sync'> {
  readonly store = new Map<string, CacheEntry>();
  readonly planted = new Map<string, Error>();
  openings = 0;

  constructor(options: TierOptions = {}, capabilities: TierDescription<'sync'>['capabilities'] = {}) {
    super(
      { clock, ...options },
      {
        mode: 'sync',
        tierType: 'l1_map',
        capabilities,
      },
    );
  }

  #check(key: string): void {
    const error = this.planted.get(key);
    if (error !== undefined) throw error;
  }

  protected override doOpen() {
    this.openings++;
    this.#check('open');
  }
  protected doGet(key: string) {
    this.#check(key);
    return this.store.get(key);
  }
  protected doPut(key: string, entry: CacheEntry) {
    this.#check(key);
    this.store.set(key, entry);
    return true;
  }
  protected doDelete(key: string) {
    this.#check(key);
    return this.store.delete(key);
  }
  protected doClear() {
    const { size } = this.store;
    this.store.clear();
    return size;
  }
  protected doSize() {
    return this.store.size;
  }
  protected doKeys() {
    return [...this.store.keys()];
  }
  protected doHas(key: string) {
    return this.store.has(key);
  }
  protected *doEntries() {
    for (const [key, entry] of this.store) {
      this.#check(key);
      yield entry;
    }
  }
  protected doCleanupExpired(now: number) {
    let removed = 0;
    for (const [key, entry] of this.store) if (entry.isExpiredAt(now) && this.store.delete(key)) removed++;
    return removed;
  }
  evict(key: string) {
    this.evicted(key, this.store.get(key)!, 'capacity');
  }
}

/** The same with promises. With `hasAtHand`, `doGet` returns a value immediately. */
export class LaterTier extends BaseTier<'async'> {
  fault: Error | undefined;
  hasAtHand = false;
  readonly store = new Map<string, CacheEntry>();
  constructor() {
    super(
      { clock },
      {
        mode: 'async',
        tierType: 'l2_later',
      },
    );
  }
  async #later<T>(value: T): Promise<T> {
    await Promise.resolve();
    if (this.fault !== undefined) throw this.fault;
    return value;
  }
  protected doGet(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.hasAtHand) return this.#later(this.store.get(key));
    if (this.fault !== undefined) throw this.fault;
    return this.store.get(key);
  }
  protected doPut = (key: string, entry: CacheEntry) => this.#later(this.store.set(key, entry)).then(() => true);
  protected doDelete = (key: string) => this.#later(this.store.delete(key));
  protected doClear = () => this.#later(0);
  protected doSize = () => this.#later(this.store.size);
  protected doKeys = () => this.#later([...this.store.keys()]);
  protected doHas = (key: string) => this.#later(this.store.has(key));
  protected doEntries = () => this.store.values();
  protected doCleanupExpired = () => this.#later(0);
}
