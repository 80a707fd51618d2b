import { setImmediate } from 'node:timers/promises';
import { CacheEntry, type Logger } from '@pw/cache-models';
import {
  type AccessUpdate,
  copyEntry,
  countAccess,
  isBuffered,
  markBuffered,
  raiseAccess,
} from '@pw/cache-models/tier';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { StackLevel } from '../stack/stack-level.ts';

/** Accesses are written behind after this time, or once there are this many. */
const FLUSH_AFTER_MS = 1_000;
const FLUSH_AT_SIZE = 50_000;
/** The number of updates written before yielding to the event loop. */
const FLUSH_SLICE = 500;
/** The most updates kept for another attempt after a tier failed. */
const MAX_RETRIED = 10_000;

/**
 * What the lower tiers have not received yet of a key: the entry itself, whose counts go on, or the counts of an entry
 * that the first tier evicted.
 */
type Pending = CacheEntry | Omit<AccessUpdate, 'key'>;

type Target = Pick<StackLevel, 'countsAccesses' | 'recordAccess'>;

/**
 * Accesses and evictions that the lower tiers have not received yet. They are written behind in batches, under the
 * keys' locks, so that no read costs a write; until then they are overlaid on the entries that these tiers return.
 *
 * The buffer keeps an entry of the first tier itself and reads its counts when it writes them. The entry is marked, so
 * that further hits need no lookup here. Invariant: an entry that is marked for this buffer is the pending one of its
 * key.
 */
export class AccessBuffer {
  readonly #levels: readonly Target[];
  readonly #mutex: KeyedMutex;
  readonly #logger: Logger;
  readonly #pending = new Map<string, Pending>();
  /** Updates that have been taken but have not reached every tier yet. */
  readonly #writing = new Map<string, Pending>();
  /** Marks the entries of this buffer. Not the buffer itself: an entry that somebody keeps must not keep the cache. */
  readonly #mark = Object.freeze({});
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(levels: readonly Target[], mutex: KeyedMutex, logger: Logger) {
    this.#levels = levels;
    this.#mutex = mutex;
    this.#logger = logger;
  }

  /** Records a hit that the first tier has counted in its entry. */
  recordHit(entry: CacheEntry): void {
    if (!isBuffered(entry, this.#mark)) this.#record(entry);
  }

  /**
   * Counts a hit in a copy of an entry, for a tier that does not count, and for a copy into the tiers above. The copy
   * is no longer evicted from the first tier.
   */
  countHit(found: CacheEntry, isCounted: boolean, now: number): CacheEntry {
    const entry = copyEntry(found, false);
    const latest = this.#latest(found.key);
    // A tier that counts does not know of the pending accesses, so its count may be behind by more than this hit.
    const isIncluded = isCounted && (latest === undefined || latest.accessCount < found.accessCount);
    if (latest !== undefined && isSound(latest)) raiseAccess(entry, latest);
    if (!isIncluded) countAccess(entry, now);
    this.#record(entry);
    return entry;
  }

  /** Records that the first tier evicted an entry that a lower tier keeps. */
  recordEviction(entry: CacheEntry): void {
    const { accessCount, lastAccessed } = this.overlay(entry);
    this.#set(entry.key, { accessCount, lastAccessed, evictedFromL1: true });
    this.#schedule();
  }

  /** The entry with all updates that the lower tiers have not received yet. */
  overlay(entry: CacheEntry): CacheEntry {
    const latest = this.#latest(entry.key);
    if (latest === undefined || latest === entry || !isSound(latest)) return entry;
    const evictedFromL1 = latest.evictedFromL1 ?? entry.evictedFromL1;
    const isSame =
      latest.accessCount <= entry.accessCount &&
      latest.lastAccessed <= entry.lastAccessed &&
      evictedFromL1 === entry.evictedFromL1;
    if (isSame) return entry;
    const copy = copyEntry(entry, evictedFromL1);
    raiseAccess(copy, latest);
    return copy;
  }

  /** True if an access of the key is pending. */
  has(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Discards the accesses of a key whose value is replaced or removed. */
  forget(key: string): void {
    if (this.#writing.size > 0) this.#writing.delete(key);
    if (this.#pending.size === 0) return;
    this.#unmark(key);
    this.#pending.delete(key);
  }

  clear(): void {
    for (const key of this.#pending.keys()) this.#unmark(key);
    this.#pending.clear();
    this.#writing.clear();
  }

  /** Writes the accesses and evictions that the lower tiers have not received yet. Concurrent calls share one flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      // What was recorded meanwhile is marked, so no further hit of it would schedule anything.
      if (this.#pending.size > 0) this.#schedule();
    });
    return this.#flushing;
  }

  /** Writes everything recorded so far, including what was recorded during a running flush. */
  async settle(): Promise<void> {
    await this.#flushing;
    await this.flush();
  }

  /** Call it when an entry is back in the first tier: a pending eviction of its key is then obsolete. */
  recordReturn(entry: CacheEntry): void {
    const pending = this.#pending.get(entry.key);
    if (pending !== undefined && !CacheEntry.isCacheEntry(pending)) this.#record(entry);
  }

  #latest(key: string): Pending | undefined {
    return this.#pending.get(key) ?? this.#writing.get(key);
  }

  #record(entry: CacheEntry): void {
    this.#set(entry.key, entry);
    markBuffered(entry, this.#mark);
    this.#schedule();
  }

  #set(key: string, pending: Pending): void {
    this.#unmark(key);
    this.#pending.set(key, pending);
  }

  #unmark(key: string): void {
    const before = this.#pending.get(key);
    if (CacheEntry.isCacheEntry(before)) markBuffered(before, undefined);
  }

  async #flushAll(): Promise<void> {
    // A first tier that counts accesses already has them.
    const targets = this.#levels.filter((level, i) => i > 0 || !level.countsAccesses);
    // Accesses recorded meanwhile wait for the next flush: a busy cache must not prolong this one forever.
    for (let left = this.#pending.size; left > 0; left -= FLUSH_SLICE) {
      const keys = this.#pending.keys().take(FLUSH_SLICE).toArray();
      if (keys.length === 0) return;
      // Under the keys' locks, because an old count must not be added to a new value.
      await this.#mutex.runAll(keys, () => this.#write(targets, keys));
      await setImmediate();
    }
  }

  async #write(targets: readonly Target[], keys: readonly string[]): Promise<void> {
    const updates = this.#take(keys);
    let hasFailed = false;
    for (const tier of targets) {
      if (!(await tier.recordAccess(updates))) hasFailed = true;
    }
    // Without a limit, a tier that always fails would fill the memory.
    if (hasFailed && this.#pending.size < MAX_RETRIED)
      for (const [key, taken] of this.#writing) if (!this.#pending.has(key)) this.#pending.set(key, taken);
    this.#writing.clear();
    if (hasFailed) this.#schedule();
  }

  /** Takes the updates of these keys; they are still overlaid until they are written. */
  #take(keys: readonly string[]): AccessUpdate[] {
    const updates: AccessUpdate[] = [];
    for (const key of keys) {
      const pending = this.#pending.get(key);
      if (pending === undefined) continue;
      this.#unmark(key);
      this.#pending.delete(key);
      this.#writing.set(key, pending);
      const { accessCount, lastAccessed, evictedFromL1 } = pending;
      // One update that a tier refuses would cost the others of its slice.
      if (isSound(pending)) updates.push({ key, accessCount, lastAccessed, evictedFromL1 });
    }
    return updates;
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

/** False for counts that no tier takes: the entry of a tier that restores records unchecked may have any. */
function isSound({ accessCount, lastAccessed }: Pending): boolean {
  return Number.isSafeInteger(accessCount) && accessCount >= 0 && Number.isFinite(lastAccessed);
}

/** An entry as it is put into every tier: without the mark that the first tier has evicted it. */
export function withoutMark(entry: CacheEntry): CacheEntry {
  return entry.evictedFromL1 ? copyEntry(entry, false) : entry;
}
