import { type CacheEntry, type Logger, type MaybePromise, RemovalReason } from '@pw/cache-models';
import { allOf, chain, extractUrlCredentials, ignoreRejection } from '@pw/cache-models/tier';
import { AccessBuffer, copyFor, withoutMark } from '../access/access-buffer.ts';
import { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { BatchWrites } from './batch-writes.ts';
import { Invalidation } from './invalidation.ts';
import type { Merge } from './merge.ts';
import { type Hit, StackReads } from './stack-reads.ts';
import { StaleEntries } from './stale-entries.ts';

/** The events that a stack reports to its owner. */
export interface StackEvents {
  /** An entry was copied up into a tier after a hit below it. */
  promoted(tier: ManagedTier, key: string): void;
  /** An entry left a tier; `isDemotion` is true if a lower tier keeps it. */
  evicted(tier: ManagedTier, key: string, reason: RemovalReason, isDemotion: boolean): void;
}

/** Makes another entry of the same key from an entry; `null` to remove it. */
export type EntryChange = (entry: CacheEntry) => CacheEntry | null;

export interface UpdateOptions {
  /** The reason under which a removal is counted. Default: `explicit`. */
  readonly reason?: RemovalReason | undefined;
  /**
   * Applies the change in some tiers by other means than a put, under the key's lock. The other tiers then get what
   * the returned change makes of the newest value.
   */
  readonly apply?: ((newest: CacheEntry) => MaybePromise<AppliedChange | undefined>) | undefined;
}

/** A change that some tiers have applied to their own entries. */
export interface AppliedChange {
  readonly tiers: ReadonlySet<ManagedTier>;
  /** Makes the same change of another copy of the entry. */
  readonly change: EntryChange;
}

/**
 * Any number of tiers that behave like one store.
 *
 * Order: every write of a key, including a promotion, holds the key's lock, so that a completed delete is never undone.
 * Reads of the first tier take no lock: it is written under the lock, and returns the value that was written last.
 */
export class TierStack {
  readonly tiers: readonly ManagedTier[];
  /** First the tiers that keep an entry's own TTL, then those that cap it. */
  readonly #uncappedFirst: readonly ManagedTier[];
  /** Values that may be returned after they have expired. */
  readonly stale = new StaleEntries();
  /** Reads that count accesses and promote. */
  readonly reads: StackReads;
  readonly #mutex = new KeyedMutex();
  readonly #access: AccessBuffer;
  readonly #events: StackEvents;
  readonly #invalidation: Invalidation;
  readonly #batches: BatchWrites;
  /** Keys whose entries are being loaded, and whether the loaded entry may still be stored. */
  readonly #loading = new Map<string, boolean>();

  /** Expects at least one tier. */
  constructor(tiers: readonly ManagedTier[], events: StackEvents, logger: Logger) {
    this.tiers = tiers;
    this.#uncappedFirst = [...tiers.filter((tier) => !tier.capsTtl), ...tiers.filter((tier) => tier.capsTtl)];
    this.#events = events;
    this.#access = new AccessBuffer(tiers, this.#mutex, logger);
    this.reads = new StackReads({ tiers, mutex: this.#mutex, access: this.#access, events });
    this.#batches = new BatchWrites({
      tiers,
      uncappedFirst: this.#uncappedFirst,
      mutex: this.#mutex,
      access: this.#access,
      invalidateDerivedState: (key) => this.#invalidateDerivedState(key),
    });
    this.#invalidation = new Invalidation(tiers, this.#mutex, {
      forget: (key) => this.#invalidateDerivedState(key),
      clear: () => this.#invalidateAllDerivedState(),
    });
  }

  /** Stores an entry in every tier and returns, for each tier, whether it was stored. */
  put(given: CacheEntry): MaybePromise<boolean[]> {
    this.#recoverDueTiers();
    const entry = withoutMark(extractUrlCredentials(given));
    return this.#mutex.run(entry.key, () => this.#putEverywhere(entry));
  }

  #putEverywhere(entry: CacheEntry): MaybePromise<boolean[]> {
    this.#invalidateDerivedState(entry.key);
    return allOf(this.tiers.map((tier) => tier.put(entry.key, copyFor(tier, entry))));
  }

  /** Runs a load, during which writes of the key are watched. Expects at most one load of a key at a time. */
  async runLoad<T>(key: string, load: () => Promise<T>): Promise<T> {
    this.#loading.set(key, true);
    try {
      return await load();
    } finally {
      this.#loading.delete(key);
    }
  }

  /**
   * Stores a loaded entry, unless the key was written or deleted meanwhile: the loaded entry may be older than that
   * change.
   */
  putLoaded(given: CacheEntry): MaybePromise<boolean[]> {
    this.#recoverDueTiers();
    const entry = withoutMark(extractUrlCredentials(given));
    // Checked under the lock: a delete that waits for the same lock has not invalidated the load yet.
    return this.#mutex.run(entry.key, () => (this.#loading.get(entry.key) === false ? [] : this.#putEverywhere(entry)));
  }

  /** See {@link BatchWrites.putMany}. */
  putMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    this.#recoverDueTiers();
    return this.#batches.putMany(entries);
  }

  /** See {@link BatchWrites.mergeMany}. */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    this.#recoverDueTiers();
    return this.#batches.mergeMany(keys, merge);
  }

  /**
   * Reads the newest value and stores the result of `change`, or removes the key if that is `null`, as one atomic step.
   * Returns that result; `undefined` if there is no value.
   */
  update(
    key: string,
    change: EntryChange,
    { reason, apply }: UpdateOptions = {},
  ): MaybePromise<CacheEntry | null | undefined> {
    return this.#withNewest(key, (newest, overlaid) =>
      chain(apply?.(newest), (applied) => {
        // Reads of the first tier take no lock, so accesses may have been counted meanwhile.
        const result = (applied?.change ?? change)(overlaid());
        const changed = result && withoutMark(result);
        const done = changed === null ? this.#deleteEverywhere(key, reason) : this.#putChanged(changed, applied?.tiers);
        return chain<unknown, CacheEntry | null>(done, () => changed);
      }),
    );
  }

  /** Works with the newest value of a key; `overlaid` returns it with all accesses counted by the time of the call. */
  #withNewest<T>(
    key: string,
    work: (entry: CacheEntry, overlaid: () => CacheEntry) => MaybePromise<T>,
  ): MaybePromise<T | undefined> {
    this.#recoverDueTiers();
    return this.#mutex.run(key, () =>
      chain<Hit | undefined, T | undefined>(this.#newest(key), (found) => {
        if (found === undefined) return undefined;
        const overlaid = () => this.#access.overlay(found.entry, found.tier);
        return work(overlaid(), overlaid);
      }),
    );
  }

  /** Stores a changed entry in every tier that has not applied the change. */
  #putChanged(entry: CacheEntry, applied: ReadonlySet<ManagedTier> | undefined): MaybePromise<boolean[]> {
    if (this.stale.has(entry.key)) this.stale.record(entry);
    const tiers = applied === undefined ? this.tiers : this.tiers.filter((tier) => !applied.has(tier));
    // The entry has all accesses counted so far.
    if (applied === undefined) this.#access.forget(entry.key);
    else this.#access.noteWritten(entry.key, tiers);
    return allOf(tiers.map((tier) => tier.put(entry.key, copyFor(tier, entry))));
  }

  /** The entry that a tier returned, with all accesses counted so far. */
  overlay(entry: CacheEntry, tier: ManagedTier): CacheEntry {
    return this.#access.overlay(entry, tier);
  }

  /** Keeps the newest value of a key, so that it can be returned after it has expired. */
  recordStale(key: string): MaybePromise<unknown> {
    return this.#withNewest(key, (entry) => this.stale.record(entry));
  }

  /**
   * Reads the entry of a key from a tier and, if it satisfies `isWanted`, puts it into the same tier again, as one
   * atomic step. Returns whether it was stored; `undefined` if it was not wanted or no longer exists.
   */
  rewrite(tier: ManagedTier, key: string, isWanted: (entry: CacheEntry) => boolean): MaybePromise<boolean | undefined> {
    return this.#mutex.run(key, () => {
      return chain<CacheEntry | undefined, boolean | undefined>(tier.peek(key), (entry) =>
        entry !== undefined && isWanted(entry) ? tier.put(key, entry) : undefined,
      );
    });
  }

  /** The live entry of a key, without counting a hit. */
  #newest(key: string, index = 0): MaybePromise<Hit | undefined> {
    const tier = this.#uncappedFirst[index];
    if (tier === undefined) return undefined;
    return chain(tier.peek(key), (entry) => (entry === undefined ? this.#newest(key, index + 1) : { entry, tier }));
  }

  /** Removes an entry from every tier; true if it existed in one of them. */
  delete(key: string, reason: RemovalReason): MaybePromise<boolean> {
    this.#recoverDueTiers();
    return this.#mutex.run(key, () => this.#deleteEverywhere(key, reason));
  }

  #deleteEverywhere(key: string, reason?: RemovalReason): MaybePromise<boolean> {
    this.#invalidateDerivedState(key);
    return chain(allOf(this.tiers.map((tier) => tier.delete(key, reason))), (existed) => existed.includes(true));
  }

  /** See {@link BatchWrites.deleteMany}. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]> {
    this.#recoverDueTiers();
    return this.#batches.deleteMany(keys);
  }

  /** See {@link BatchWrites.deleteManyIf}. */
  deleteManyIf(keys: readonly string[], shouldDelete: (entry: CacheEntry) => boolean): MaybePromise<number> {
    this.#recoverDueTiers();
    return this.#batches.deleteManyIf(keys, shouldDelete);
  }

  /** Clears every tier and returns how many different entries there were. */
  clear(): Promise<number> {
    return this.#mutex.runExclusive(async () => {
      const count = (await this.keys()).length;
      this.#invalidateAllDerivedState();
      await Promise.all(this.tiers.map((tier) => tier.clear()));
      return count;
    });
  }

  /** True if a tier has a live entry of the key. */
  async has(key: string): Promise<boolean> {
    for (const tier of this.tiers) {
      if (tier.canRead(key) && (await tier.call((inner) => inner.has(key), false))) return true;
    }
    return false;
  }

  /** Every live key once. */
  async keys(): Promise<string[]> {
    const seen = new Set<string>();
    for (const tier of this.tiers) {
      for (const key of await tier.call<string[]>((inner) => inner.keys(), []))
        if (typeof key === 'string' && !tier.hasMissed(key)) seen.add(key);
    }
    return [...seen];
  }

  /** Every live entry once, from the highest tier that keeps the entry's own TTL, with all accesses counted so far. */
  async *entries(): AsyncGenerator<CacheEntry> {
    const seen = new Set<string>();
    for (const tier of this.#uncappedFirst) {
      for await (const entry of tier.entries()) {
        if (seen.has(entry.key) || tier.hasMissed(entry.key)) continue;
        seen.add(entry.key);
        yield this.#access.overlay(entry, tier);
      }
    }
  }

  /** Removes expired entries from every tier and returns the number of removals. */
  async cleanupExpired(): Promise<number> {
    this.#recoverDueTiers();
    let removed = 0;
    for (const tier of this.tiers) removed += await tier.cleanupExpired();
    return removed;
  }

  /**
   * Call it when a tier has evicted an entry. The eviction is a demotion if it was for capacity and a lower tier keeps
   * the entry.
   */
  noteEviction(level: number, key: string, entry: CacheEntry, reason: RemovalReason): void {
    const isDemotion =
      reason === RemovalReason.CAPACITY && this.tiers.slice(level + 1).some((tier) => this.#keeps(tier, key));
    if (isDemotion && level === 0) this.#access.recordEviction(entry);
    this.#events.evicted(this.tiers[level]!, key, reason, isDemotion);
  }

  /**
   * True if a tier has an entry that was put into every tier, or will have it soon. A tier with a limit may have
   * evicted it; if such a tier is asynchronous, the entry is assumed to be there.
   */
  #keeps(tier: ManagedTier, key: string): boolean {
    if (!tier.canRead(key)) return false;
    const isPending = this.#batches.isPendingBelow(key);
    if (isPending || !tier.isSynchronous || tier.inspect((inner) => inner.config.maxEntries) === null) return true;
    const found: unknown = tier.inspect((inner) => inner.has(key));
    ignoreRejection(found);
    return found === true;
  }

  /** Writes accesses that the lower tiers have not received yet. */
  flush(): Promise<void> {
    return this.#access.flush();
  }

  /** Waits for running operations, writes buffered accesses, and replays what the tiers missed. */
  async settle(): Promise<void> {
    this.#invalidation.stop();
    await this.#mutex.idle();
    await this.#access.settle();
    await Promise.allSettled(this.tiers.map((tier) => tier.catchUp()));
  }

  /**
   * Call it when the value of a key is replaced or removed: state that is derived from the value and kept outside the
   * tiers is then obsolete.
   */
  #invalidateDerivedState(key: string): void {
    this.#access.forget(key);
    this.stale.forget(key);
    if (this.#loading.has(key)) this.#loading.set(key, false);
  }

  #invalidateAllDerivedState(): void {
    for (const key of this.#loading.keys()) this.#loading.set(key, false);
    this.#access.clear();
    this.stale.clear();
  }

  #recoverDueTiers(): void {
    for (const tier of this.tiers) tier.recoverIfDue();
  }
}
