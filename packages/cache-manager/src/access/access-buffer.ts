import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, Logger } from '@pw/cache-models';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { FirstTierAccesses } from './first-tier-accesses.ts';
import { PendingAccesses } from './pending-accesses.ts';

/** Accesses are written behind after this time, or once there are this many. */
const FLUSH_AFTER_MS = 1_000;
const FLUSH_AT_SIZE = 50_000;
/** The number of updates written before yielding to the event loop. */
const FLUSH_SLICE = 500;

/**
 * Accesses and evictions that the lower tiers have not received yet. They are written behind in batches, under the
 * keys' locks, so that no read costs a write; until then they are overlaid on the entries that these tiers return.
 */
export class AccessBuffer {
  readonly #tiers: readonly ManagedTier[];
  readonly #mutex: KeyedMutex;
  readonly #logger: Logger;
  readonly #firstTier: FirstTierAccesses;
  readonly #pending: PendingAccesses;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(tiers: readonly ManagedTier[], mutex: KeyedMutex, logger: Logger) {
    this.#tiers = tiers;
    this.#mutex = mutex;
    this.#logger = logger;
    this.#firstTier = new FirstTierAccesses(tiers[0]);
    this.#pending = new PendingAccesses(this.#firstTier);
  }

  /** Records a hit that the first tier has counted. If that tier buffers its accesses, only schedules a flush. */
  recordTouch(entry: CacheEntry): void {
    if (!this.#firstTier.isBuffering) this.recordHit(entry);
    else if (this.#timer === undefined) this.#scheduleTouched(entry);
  }

  #scheduleTouched(entry: CacheEntry): void {
    this.#schedule();
    // Scheduling reads the count of the tier's buffer. If that fails, the buffer is no longer used; record the hit.
    if (!this.#firstTier.isBuffering) this.recordHit(entry);
  }

  /** Records the access count of an entry after a hit. */
  recordHit(entry: CacheEntry): void {
    this.#pending.recordHit(entry);
    this.#schedule();
  }

  /** Records that the first tier evicted an entry that a lower tier keeps. */
  recordEviction(entry: CacheEntry): void {
    this.#pending.recordEviction(entry);
    this.#schedule();
  }

  /** The entry with all updates that the lower tiers have not received yet. */
  overlay(entry: CacheEntry): CacheEntry {
    return this.#pending.overlay(entry);
  }

  /** True if an access of the key is recorded here. Ignores those that the first tier buffers. */
  has(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Discards the accesses of a key whose value is replaced or removed. */
  forget(key: string): void {
    this.#pending.forget(key);
  }

  clear(): void {
    this.#pending.clear();
  }

  /** Writes the accesses and evictions that the lower tiers have not received yet. Concurrent calls share one flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes everything recorded so far, including what was recorded during a running flush. */
  async settle(): Promise<void> {
    await this.#flushing;
    await this.flush();
  }

  async #flushAll(): Promise<void> {
    // A first tier that counts accesses already has them.
    const targets = this.#tiers.filter((tier) => tier.level > 0 || tier.inspect((inner) => inner.touch) === undefined);
    // Accesses recorded meanwhile wait for the next flush: a busy cache must not prolong this one forever.
    for (let left = this.#pending.size; left > 0; left -= FLUSH_SLICE) {
      const keys = this.#pending.oldest(FLUSH_SLICE);
      // There may be fewer keys than expected, because the count of the first tier is an upper bound.
      if (keys.length === 0) return;
      // Under the keys' locks, because an old count must not be added to a new value.
      await this.#mutex.runAll(keys, () => this.#write(targets, keys));
      await setImmediate();
    }
  }

  async #write(targets: readonly ManagedTier[], keys: readonly string[]): Promise<void> {
    const updates = this.#pending.take(keys);
    let hasFailed = false;
    for (const tier of targets) {
      if (!(await tier.recordAccess(updates))) hasFailed = true;
    }
    this.#pending.finishWrite(hasFailed);
    if (hasFailed) this.#schedule();
  }

  #schedule(): void {
    if (this.#pending.size >= FLUSH_AT_SIZE) this.#flushSoon();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#flushSoon(), FLUSH_AFTER_MS);
      this.#timer.unref();
    }
  }

  #flushSoon(): void {
    this.flush().catch(() =>
      this.#logger.warn({}, 'access counts could not be written; later counts are written as usual'),
    );
  }
}
