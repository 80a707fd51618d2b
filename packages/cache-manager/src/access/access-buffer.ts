import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, Logger } from '@pw/cache-models';
import { type AccessUpdate, addAccess, copyEntry, isBuffered, markBuffered } from '@pw/cache-models/tier';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { StackLevel } from '../stack/stack-level.ts';
import { PendingAccess } from './pending-access.ts';

/** Accesses are written behind after this time, or once there are this many. */
const FLUSH_AFTER_MS = 1_000;
const FLUSH_AT_SIZE = 50_000;
/** The number of updates written before yielding to the event loop. */
const FLUSH_SLICE = 500;
/** The most keys kept for another attempt after a tier failed, and the most whose late writes are awaited. */
const MAX_RETRIED = 10_000;

/** What the buffer uses of a level of the stack; each is a tier, or behaves like one. */
export type CountedLevel = Pick<
  StackLevel,
  'level' | 'isSynchronous' | 'countsAccesses' | 'missedHits' | 'recordAccess'
>;

/**
 * Accesses and evictions that the lower tiers have not received yet. They are written behind in batches, under the
 * keys' locks, so that no read costs a write; until then they are overlaid on the entries that these tiers return.
 *
 * A tier below the first one, and a first tier that does not count, stores a count without the pending hits of this
 * process; other processes add theirs to the same count. A first tier that counts has all of them in its entries.
 *
 * The buffer keeps an entry of such a tier itself and reads its count when it writes the hits. The entry is marked, so
 * that further hits need no lookup here. Invariant: an entry that is marked for this buffer is the one that the pending
 * access of its key follows. If the first tier is asynchronous, a hit may be counted before it is recorded here, so
 * that the difference of two counts would not be exact: each hit is then recorded on its own.
 */
export class AccessBuffer {
  readonly #tiers: readonly CountedLevel[];
  readonly #mutex: KeyedMutex;
  readonly #logger: Logger;
  readonly #pending = new Map<string, PendingAccess>();
  /** Accesses that are being written but have not reached every tier yet. They follow no entry. */
  readonly #writing = new Map<string, PendingAccess>();
  /** Accesses that were written by a call that timed out, by key, until it is known whether the tier stored them. */
  readonly #inDoubt = new Map<string, PendingAccess>();
  /** Marks the entries of this buffer. Not the buffer itself: an entry that somebody keeps must not keep the cache. */
  readonly #mark = Object.freeze({});
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(tiers: readonly CountedLevel[], mutex: KeyedMutex, logger: Logger) {
    this.#tiers = tiers;
    this.#mutex = mutex;
    this.#logger = logger;
  }

  /** Records a hit that the first tier has counted in its entry. */
  recordHit(entry: CacheEntry): void {
    if (isBuffered(entry, this.#mark)) return;
    const pending = this.#pendingOf(entry.key);
    // Otherwise the hit is in the difference of the counts: the entry has lost its mark to the buffer of another cache.
    if (pending.entry !== entry) {
      pending.addHit(entry.lastAccessed);
      this.#follow(pending, entry);
    } else markBuffered(entry, this.#mark);
    this.#schedule();
  }

  /**
   * Counts a hit in a copy of an entry that a tier returned, for a tier that does not count, and for a copy into the
   * tiers above, which have all hits with it. The copy is no longer evicted from the first tier.
   */
  countHit(found: CacheEntry, tier: CountedLevel, now: number): CacheEntry {
    const { key } = found;
    const entry = copyEntry(found, false);
    const hits = this.#hitsFor(key, tier) + (tier.countsAccesses ? 0 : 1);
    const pending = this.#pendingOf(key);
    pending.addHit(tier.countsAccesses ? found.lastAccessed : now);
    if (tier.countsAccesses) pending.countedBy(tier.level);
    addTo(entry, hits, pending.lastAccessed);
    if (tier.level > 0) this.#follow(pending, entry);
    for (let level = 0; level < tier.level; level++) pending.receivedBy(level);
    this.#schedule();
    return entry;
  }

  /** Records that the first tier evicted an entry that a lower tier keeps. */
  recordEviction(entry: CacheEntry): void {
    const pending = this.#pendingOf(entry.key);
    this.#unfollow(pending);
    pending.noteAccess(entry.lastAccessed, true);
    this.#schedule();
  }

  /** The entry that a tier returned, with all accesses that this tier has not received yet. */
  overlay(entry: CacheEntry, tier: CountedLevel): CacheEntry {
    if (this.#hasAllHits(tier)) return entry;
    const { key } = entry;
    const latest = this.#pending.get(key) ?? this.#writing.get(key);
    const hits = this.#hitsFor(key, tier);
    if (latest === undefined && hits === 0) return entry;
    const evictedFromL1 = latest?.evictedFromL1 ?? entry.evictedFromL1;
    const lastAccessed = latest?.lastAccessed ?? entry.lastAccessed;
    if (hits === 0 && !(lastAccessed > entry.lastAccessed) && evictedFromL1 === entry.evictedFromL1) return entry;
    const copy = copyEntry(entry, evictedFromL1);
    addTo(copy, hits, lastAccessed);
    return copy;
  }

  /** True if an access of the key is pending. */
  has(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Discards the accesses of a key whose value is removed, or replaced by one that has them. */
  forget(key: string): void {
    if (this.#writing.size > 0) this.#writing.delete(key);
    if (this.#inDoubt.size > 0) this.#inDoubt.delete(key);
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#unfollow(pending);
    this.#pending.delete(key);
  }

  /** Call it when the first tier loses an entry whose accesses still count; `null` stands for all entries. */
  keep(key: string | null): void {
    if (key === null) {
      for (const pending of this.#pending.values()) this.#unfollow(pending);
      return;
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) this.#unfollow(pending);
  }

  clear(): void {
    for (const pending of this.#pending.values()) this.#unfollow(pending);
    this.#pending.clear();
    this.#writing.clear();
    this.#inDoubt.clear();
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

  /**
   * Call it when some tiers, but not all, get an entry with all accesses counted so far. The first tier must be one of
   * them: a pending eviction of the key is obsolete.
   */
  noteWritten(key: string, tiers: readonly CountedLevel[]): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.#unfollow(pending);
    pending.noteAccess(pending.lastAccessed, false);
    for (const { level } of tiers) pending.receivedBy(level);
  }

  /** The hits of a key that are pending. */
  hitsOf(key: string): number {
    return this.#pending.get(key)?.hits ?? 0;
  }

  /** Call it when every tier has got an entry with so many of the pending hits, before the first tier gets it. */
  noteMerged(key: string, hits: number): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    pending.noteAccess(pending.lastAccessed, false);
    for (const { level } of this.#tiers) pending.receivedUpTo(level, hits);
    this.#schedule();
  }

  /** True if the tier counts accesses in its entries, and these have the accesses that were counted elsewhere. */
  #hasAllHits(tier: CountedLevel): boolean {
    return tier.level === 0 && tier.countsAccesses;
  }

  /** The hits of this process that the tier has not received yet. */
  #hitsFor(key: string, tier: CountedLevel): number {
    const { level } = tier;
    const writing = this.#writing.size === 0 ? 0 : (this.#writing.get(key)?.hitsFor(level) ?? 0);
    return (this.#pending.get(key)?.hitsFor(level) ?? 0) + writing + tier.missedHits(key);
  }

  #pendingOf(key: string): PendingAccess {
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = new PendingAccess();
      this.#pending.set(key, pending);
    }
    return pending;
  }

  #follow(pending: PendingAccess, entry: CacheEntry): void {
    const [first] = this.#tiers;
    this.#unfollow(pending);
    if (!first!.isSynchronous || !first!.countsAccesses) return;
    pending.follow(entry);
    markBuffered(entry, this.#mark);
  }

  #unfollow(pending: PendingAccess): void {
    const { entry } = pending;
    if (entry === undefined) return;
    pending.unfollow();
    // Another buffer may have marked it since.
    if (isBuffered(entry, this.#mark)) markBuffered(entry, undefined);
  }

  async #flushAll(): Promise<void> {
    // A first tier that counts accesses already has them.
    const targets = this.#tiers.filter((tier) => !this.#hasAllHits(tier));
    // Accesses recorded meanwhile wait for the next flush: a busy cache must not prolong this one forever.
    for (let left = this.#pending.size; left > 0; left -= FLUSH_SLICE) {
      const keys = this.#pending.keys().take(FLUSH_SLICE).toArray();
      if (keys.length === 0) return;
      // Under the keys' locks, because hits of an old value must not be added to a new one.
      await this.#mutex.runAll(keys, () => this.#write(targets, keys));
      await setImmediate();
    }
  }

  async #write(targets: readonly CountedLevel[], keys: readonly string[]): Promise<void> {
    this.#take(keys);
    for (const tier of targets) await this.#writeTo(tier, keys);
    const isComplete = (pending: PendingAccess) => targets.every(({ level }) => pending.isCompleteAt(level));
    for (const [key, taken] of this.#writing) if (!isComplete(taken)) this.#retry(key, taken);
    this.#writing.clear();
  }

  /** Takes the accesses of these keys; they are still overlaid until they are written. */
  #take(keys: readonly string[]): void {
    for (const key of keys) {
      const pending = this.#pending.get(key);
      if (pending === undefined) continue;
      this.#unfollow(pending);
      this.#pending.delete(key);
      this.#writing.set(key, pending);
    }
  }

  async #writeTo(tier: CountedLevel, keys: readonly string[]): Promise<void> {
    const { level } = tier;
    const updates: AccessUpdate[] = [];
    for (const key of keys) {
      const update = this.#writing.get(key)?.updateFor(key, level);
      if (update !== undefined) updates.push(update);
      else this.#writing.get(key)?.receivedBy(level);
    }
    if (updates.length === 0) return;
    const taken = new Map(this.#writing);
    // In the step in which the tier answers: a read that follows finds the hits in the tier.
    const late = await tier.recordAccess(updates, (stored) => {
      for (const { key } of stored) taken.get(key)!.receivedBy(level);
    });
    if (late === undefined || this.#inDoubt.size >= MAX_RETRIED) return;
    for (const { key } of updates) {
      const pending = this.#writing.get(key);
      if (pending !== undefined) this.#inDoubt.set(key, pending);
    }
    void late.hasFailed.then((hasFailed) => this.#settleDoubts(tier, updates, taken, hasFailed));
  }

  /** Called when a call that had timed out has settled. If it failed, its updates are written again. */
  #settleDoubts(
    { level }: CountedLevel,
    updates: readonly AccessUpdate[],
    taken: ReadonlyMap<string, PendingAccess>,
    hasFailed: boolean,
  ): void {
    for (const { key, hits } of updates) {
      const before = taken.get(key)!;
      // Not if the value was replaced since.
      if (this.#inDoubt.get(key) !== before) continue;
      this.#inDoubt.delete(key);
      if (!hasFailed) continue;
      const lost = new PendingAccess();
      lost.addOlder(before, []);
      for (const tier of this.#tiers) lost.receivedBy(tier.level);
      lost.notReceivedBy(level, hits);
      this.#retry(key, lost);
    }
  }

  /** Keeps accesses that a tier has not taken for the next flush. */
  #retry(key: string, older: PendingAccess): void {
    const levels = this.#tiers.keys();
    const newer = this.#pending.get(key);
    if (newer !== undefined) newer.addOlder(older, levels);
    // Without a limit, a tier that always fails would fill the memory.
    else if (this.#pending.size < MAX_RETRIED) this.#pending.set(key, older);
    this.#schedule();
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

/** Adds hits to an entry. The time of an entry that a tier has restored unchecked may be any value. */
function addTo(entry: CacheEntry, hits: number, lastAccessed: number): void {
  addAccess(entry, {
    hits: Math.min(hits, Number.MAX_SAFE_INTEGER),
    lastAccessed: Number.isFinite(lastAccessed) ? lastAccessed : Number.MIN_SAFE_INTEGER,
  });
}

/**
 * The object to put into a tier. Below the first tier it is a copy: the first tier goes on counting in the object that
 * it was given, and a lower tier that stores it later, or misses the write, must store the count that it has now.
 */
export function copyFor(tier: Pick<StackLevel, 'level'>, entry: CacheEntry): CacheEntry {
  return tier.level === 0 ? entry : copyEntry(entry);
}

/** An entry as it is put into every tier: without the mark that the first tier has evicted it. */
export function withoutMark(entry: CacheEntry): CacheEntry {
  return entry.evictedFromL1 ? copyEntry(entry, false) : entry;
}
