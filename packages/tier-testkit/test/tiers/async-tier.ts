import type {
  CacheEntry,
  CacheTier,
  CacheTierConfig,
  EntryFilter,
  EntryPage,
  RemovalReason,
  TierCapabilities,
  TierStatistics,
  TierType,
} from '@pw/cache-models';
import type { AccessUpdate, TierStatus } from '@pw/cache-models/tier';
import { checkFilter } from '@pw/cache-models/tier';
import type { MapTier } from './map-tier.ts';

/**
 * A correct tier that answers with promises: it runs each operation of an inner {@link MapTier} in its own `transact`.
 */
export abstract class AsyncTier implements CacheTier {
  readonly inner: MapTier;
  status: TierStatus = 'new';
  readonly #running = new Set<Promise<unknown>>();
  #moving: Promise<void> | undefined;

  constructor(inner: MapTier) {
    this.inner = inner;
  }

  get name(): string {
    return this.inner.name;
  }
  get tierType(): TierType {
    return this.inner.tierType;
  }
  get config(): CacheTierConfig {
    return this.inner.config;
  }
  get capabilities(): TierCapabilities {
    return this.inner.capabilities;
  }
  get contractVersion(): number {
    return this.inner.contractVersion;
  }
  get enabled(): boolean {
    return this.inner.enabled;
  }
  get failureCount(): number {
    return this.inner.failureCount;
  }
  get totalFailures(): number {
    return this.inner.totalFailures;
  }
  get failureThreshold(): number {
    return this.inner.failureThreshold;
  }
  get statistics(): TierStatistics {
    return this.inner.statistics;
  }
  handleFailure(error: unknown): void {
    this.inner.handleFailure(error);
  }
  resetFailures(): void {
    this.inner.resetFailures();
  }

  /** Runs one operation on the inner tier, exclusively. */
  protected abstract transact<T>(work: () => T): Promise<T>;
  protected abstract doOpen(): Promise<void>;
  protected abstract doClose(): Promise<void>;

  async open(): Promise<void> {
    while (this.status === 'opening' || this.status === 'closing') await this.#moving?.catch(() => {});
    if (this.status !== 'open') await this.#move('opening', () => this.doOpen(), 'open');
  }
  async close(): Promise<void> {
    while (this.status === 'opening' || this.status === 'closing') await this.#moving?.catch(() => {});
    if (this.status === 'new') this.status = 'closed';
    if (this.status !== 'closed') await this.#move('closing', () => this.#closeWhenIdle(), 'closed');
  }
  async #closeWhenIdle(): Promise<void> {
    await Promise.allSettled(this.#running);
    await this.doClose();
  }
  #move(during: TierStatus, work: () => Promise<void>, after: TierStatus): Promise<void> {
    this.status = during;
    this.#moving = work().then(
      () => {
        this.status = after;
      },
      (error: unknown) => {
        this.status = 'closed';
        throw error;
      },
    );
    return this.#moving;
  }

  /** Runs an operation on an open tier that is on; a fault of the store is counted and answered with the fallback. */
  protected async run<T>(fallback: T, work: () => T, failed: () => void = () => {}): Promise<T> {
    if (!this.enabled) return fallback;
    try {
      while (this.status !== 'open') await this.open();
      const answer = await this.#tracked(this.transact(work));
      this.inner.succeeded();
      return answer;
    } catch (error) {
      failed();
      return this.inner.recover(error, fallback);
    }
  }

  async #tracked<T>(operation: Promise<T>): Promise<T> {
    this.#running.add(operation);
    try {
      return await operation;
    } finally {
      this.#running.delete(operation);
    }
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    this.inner.checkKey(key);
    return this.run<CacheEntry | undefined>(
      undefined,
      () => this.inner.get(key),
      () => this.inner.countMiss(),
    );
  }
  async put(key: string, entry: CacheEntry): Promise<boolean> {
    this.inner.checkEntry(key, entry);
    return this.run(false, () => this.inner.put(key, entry));
  }
  async delete(key: string, reason?: RemovalReason): Promise<boolean> {
    this.inner.checkKey(key);
    return this.run(false, () => this.inner.delete(key, reason));
  }
  async has(key: string): Promise<boolean> {
    this.inner.checkKey(key);
    return this.run(false, () => this.inner.has(key));
  }
  async peek(key: string): Promise<CacheEntry | undefined> {
    this.inner.checkKey(key);
    return this.run<CacheEntry | undefined>(undefined, () => this.inner.peek(key));
  }
  async getMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    for (const key of keys) this.inner.checkKey(key);
    // The caller may change its list while the operation waits.
    const own = [...keys];
    const missed = () => new Set(own).forEach(() => void this.inner.countMiss());
    return this.run(new Map<string, CacheEntry>(), () => this.inner.getMany(own), missed);
  }
  async putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
    for (const entry of entries) this.inner.checkEntry(entry?.key, entry);
    const own = [...entries];
    return this.run(
      own.map(() => false),
      () => this.inner.putMany(own),
    );
  }
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    for (const key of keys) this.inner.checkKey(key);
    const own = [...keys];
    return this.run(
      own.map(() => false),
      () => this.inner.deleteMany(own),
    );
  }
  async clear(): Promise<number> {
    return this.run(0, () => this.inner.clear());
  }
  async size(): Promise<number> {
    return this.run(0, () => this.inner.size());
  }
  async keys(): Promise<string[]> {
    return this.run<string[]>([], () => this.inner.keys());
  }
  async *entries(): AsyncGenerator<CacheEntry> {
    yield* await this.run<Iterable<CacheEntry>>([], () => this.inner.entries());
  }
  async cleanupExpired(): Promise<number> {
    return this.run(0, () => this.inner.cleanupExpired());
  }
  async recordAccess(updates: readonly AccessUpdate[]): Promise<number> {
    const own = updates.map((update) => ({ ...update }));
    return this.run(0, () => this.inner.recordAccess(own));
  }
  async query(filter: EntryFilter = {}): Promise<EntryPage> {
    checkFilter(filter);
    return this.run<EntryPage>({ entries: [], cursor: null }, () => this.inner.query(filter));
  }
}
