import {
  CacheEntry,
  type CacheTierConfig,
  CacheValidationError,
  MAX_KEY_BYTES,
  parseTierConfig,
  RemovalReason,
  type TierCapabilities,
  TierStatistics,
  TierType,
} from '@pw/cache-models';
import { isPromise, isTooLongKey, TIER_CONTRACT_VERSION, type TierStatus } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';

/** The default capabilities of the tiers in this folder. */
const DEFAULT_CAPABILITIES: TierCapabilities = Object.freeze({
  synchronous: true,
  persistent: false,
  shared: false,
  ordered: false,
  countsAccesses: false,
  immediate: true,
  query: true,
  health: false,
  reseal: false,
  sideValues: false,
  leases: false,
  changes: false,
  update: false,
  log: false,
  marks: false,
});

/**
 * The part of a tier that does not involve entries: name, lifecycle, failures, counts, arguments. A real tier gets this
 * from BaseTier; here it is written out in methods small enough for a bug to be planted in each.
 */
export abstract class PlainTier {
  readonly name: string = 'plain';
  readonly tierType: TierType = TierType.L1_MEMORY;
  readonly contractVersion: number = TIER_CONTRACT_VERSION;
  readonly config: CacheTierConfig;
  readonly capabilities: TierCapabilities;
  readonly failureThreshold: number;
  failureCount = 0;
  totalFailures = 0;
  status: TierStatus = 'new';
  protected readonly setup: TierSetup;
  protected readonly counts = new TierStatistics();
  #on: boolean;

  constructor(setup: TierSetup, claims: Partial<TierCapabilities> = {}) {
    this.setup = setup;
    this.config = parseTierConfig(setup.config);
    this.capabilities = Object.freeze({ ...DEFAULT_CAPABILITIES, ...claims });
    this.failureThreshold = setup.failureThreshold;
    this.#on = this.config.enabled;
  }

  /** The number of live entries, as far as it is available without waiting. */
  protected abstract sizeNow(): number;

  get enabled(): boolean {
    return this.#on;
  }
  protected switch(on: boolean): void {
    this.#on = on;
  }

  get statistics(): TierStatistics {
    return new TierStatistics({ ...this.counts, currentSize: this.sizeNow() });
  }

  open(): void {
    this.status = 'open';
  }
  close(): void {
    this.status = 'closed';
  }

  handleFailure(error: unknown): void {
    this.failureCount++;
    this.totalFailures++;
    this.setup.logger.warn({ tier: this.name, error: nameOf(error) }, 'tier operation failed');
    if (this.failureCount >= this.failureThreshold) this.switch(false);
  }
  resetFailures(): void {
    this.failureCount = 0;
    this.switch(this.config.enabled);
  }
  succeeded(): void {
    this.failureCount = 0;
  }

  protected now(): number {
    return this.setup.clock.now();
  }
  protected isExpired(entry: CacheEntry): boolean {
    return this.now() >= entry.expiresAt;
  }

  /** Runs an operation on an open tier that is on; a fault of the store is counted and answered with the fallback. */
  protected attempt<T>(fallback: T, work: () => T): T {
    if (!this.enabled) return fallback;
    try {
      if (this.status !== 'open') this.open();
      const answer = work();
      this.succeeded();
      return answer;
    } catch (error) {
      return this.recover(error, fallback);
    }
  }
  recover<T>(error: unknown, fallback: T): T {
    if (error instanceof CacheValidationError) throw error;
    this.handleFailure(error);
    return fallback;
  }

  countHit(): void {
    this.counts.hits++;
  }
  countMiss(): void {
    this.counts.misses++;
  }
  countRemoval(reason: RemovalReason): void {
    this.counts.countRemoval(reason);
  }
  countUndecryptable(): void {
    this.counts.undecryptable++;
  }

  /** Counts the eviction of a live entry and calls the listener. */
  protected evicted(key: string, entry: CacheEntry): void {
    this.countRemoval(RemovalReason.CAPACITY);
    try {
      const answer: unknown = this.setup.onEvict(key, entry, RemovalReason.CAPACITY);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      this.setup.logger.warn({ tier: this.name }, 'a listener failed');
    }
  }

  checkKey(key: unknown): void {
    if (typeof key !== 'string') this.refuse('key', 'must be a string');
    if (isTooLongKey(key)) this.refuse('key', `must be at most ${MAX_KEY_BYTES} bytes long`);
  }
  checkEntry(key: unknown, entry: unknown): void {
    if (!CacheEntry.isCacheEntry(entry)) this.refuse('entry', 'must be a CacheEntry');
    if (typeof key !== 'string' || key === '') this.refuse('key', 'must be a non-empty string');
    if (key !== entry.key) this.refuse('key', 'must be the key of the entry');
    this.checkCredentials(entry);
  }
  protected checkCredentials(entry: CacheEntry): void {
    if (this.capabilities.persistent && this.setup.cipher === undefined && entry.hasCredentials)
      this.refuse('entry', 'has credentials, and there is no cipher');
  }
  protected refuse(path: string, message: string): never {
    throw new CacheValidationError(`${this.name}: ${path}: ${message}`, { problems: [{ path, message }] });
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
