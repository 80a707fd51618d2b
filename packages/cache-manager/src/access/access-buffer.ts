import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, Logger } from '@pw/cache-models';
import type { KeyLock } from '../stack/keyed-mutex.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import { FirstTouches } from './first-tier-accesses.ts';
import { AccessLog } from './pending-accesses.ts';

/** Accesses are written behind at the latest after this time, or when there are so many. */
const FLUSH_AFTER_MS = 1_000;
const FLUSH_AT_SIZE = 50_000;
/** Updates written before the event loop gets its turn. */
const FLUSH_SLICE = 500;

/** Writes accesses and evictions to the lower tiers some time after they happened, in batches, under the keys' locks. */
export class WriteBehind {
  readonly #slots: readonly TierSlot[];
  readonly #lock: KeyLock;
  readonly #logger: Logger;
  readonly #touches: FirstTouches;
  readonly #access: AccessLog;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(slots: readonly TierSlot[], lock: KeyLock, logger: Logger) {
    this.#slots = slots;
    this.#lock = lock;
    this.#logger = logger;
    this.#touches = new FirstTouches(slots[0]);
    this.#access = new AccessLog(this.#touches);
  }

  /** Notes what a touch of the first tier left in the entry: nothing, if that tier remembers it. */
  touched(entry: CacheEntry): void {
    if (!this.#touches.areKept) this.hit(entry);
    else if (this.#timer === undefined) this.#scheduleTouched(entry);
  }

  #scheduleTouched(entry: CacheEntry): void {
    this.#schedule();
    // What is asked there may show that the tier does not remember it after all.
    if (!this.#touches.areKept) this.hit(entry);
  }

  /** Notes what a hit left in the entry. */
  hit(entry: CacheEntry): void {
    this.#access.hit(entry);
    this.#schedule();
  }

  /** The first tier had no room for an entry that lower tiers keep. */
  evicted(entry: CacheEntry): void {
    this.#access.evicted(entry);
    this.#schedule();
  }

  /** The entry as it would be had everything been written. */
  overlay(entry: CacheEntry): CacheEntry {
    return this.#access.overlay(entry);
  }

  /** True if something is noted of the key. */
  has(key: string): boolean {
    return this.#access.has(key);
  }

  /** A new value of the key makes the old one's accesses void. */
  forget(key: string): void {
    this.#access.forget(key);
  }

  clear(): void {
    this.#access.clear();
  }

  /** Writes what the lower tiers do not know of yet. A flush that is under way is shared. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes everything noted so far, also what was noted while a flush was under way. */
  async settle(): Promise<void> {
    await this.#flushing;
    await this.flush();
  }

  async #flushAll(): Promise<void> {
    // A first tier that counts accesses itself knows them already.
    const behind = this.#slots.filter((slot) => slot.level > 0 || slot.tell((tier) => tier.touch) === undefined);
    // What is noted meanwhile is for the next time: a busy cache must not keep this one going.
    for (let left = this.#access.size; left > 0; left -= FLUSH_SLICE) {
      const keys = this.#access.oldest(FLUSH_SLICE);
      // What the first tier counts is an upper bound.
      if (keys.length === 0) return;
      // Under the keys' locks: an old count must not land on a new value.
      await this.#lock.runAll(keys, () => this.#write(behind, keys));
      await setImmediate();
    }
  }

  async #write(behind: readonly TierSlot[], keys: readonly string[]): Promise<void> {
    const updates = this.#access.take(keys);
    let failed = false;
    for (const slot of behind) {
      if (!(await slot.recordAccess(updates))) failed = true;
    }
    this.#access.written(failed);
    if (failed) this.#schedule();
  }

  #schedule(): void {
    if (this.#access.size >= FLUSH_AT_SIZE) this.#flushSoon();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#flushSoon(), FLUSH_AFTER_MS);
      this.#timer.unref();
    }
  }

  #flushSoon(): void {
    this.flush().catch(() => this.#logger.warn({}, 'access counts could not be written; later ones will be'));
  }
}
