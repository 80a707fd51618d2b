import { type CacheEntry, type Logger, type MaybePromise, RemovalReason } from '@pw/cache-models';
import {
  allOf,
  chain,
  extractUrlCredentials,
  type HealthCheck,
  ignoreRejection,
  stampEntry,
  versionOf,
} from '@pw/cache-models/tier';
import { AccessBuffer, copyFor, withoutMark } from '../access/access-buffer.ts';
import { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import { BatchWrites } from './batch-writes.ts';
import type { OnDoubt } from './doubt-policy.ts';
import { Invalidation } from './invalidation.ts';
import { inTierOrder, type Level, levelsOf, type StackLevels, startLevels } from './levels.ts';
import type { Merge } from './merge.ts';
import type { StoredEntry } from './stack-level.ts';
import { StackReads } from './stack-reads.ts';
import { StaleEntries } from './stale-entries.ts';
import { Staleness } from './staleness.ts';

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
  /** A health check to be added to the history with the change. */
  readonly check?: HealthCheck | undefined;
  /**
   * For a stack whose lowest level cannot do the whole change as one step: applies the change in some tiers by other
   * means than a put, under the key's lock. The other tiers then get what the returned change makes of the newest
   * value.
   */
  readonly apply?: ((newest: CacheEntry) => MaybePromise<AppliedChange | undefined>) | undefined;
}

/** A change that some tiers have applied to their own entries. */
export interface AppliedChange {
  readonly tiers: ReadonlySet<ManagedTier>;
  /** Makes the same change of another copy of the entry. */
  readonly change: EntryChange;
}

/** The newest entry of a key, and the level that returned it. */
interface Newest {
  readonly entry: CacheEntry;
  readonly level: Level;
}

export interface TierStackOptions {
  /** By how many milliseconds copies in memory may lag behind other processes. */
  readonly maxStalenessMs?: number | undefined;
  /** See `CacheManagerOptions.onDoubt`. */
  readonly onDoubt?: OnDoubt | undefined;
}

/**
 * Any number of tiers that behave like one store. Tiers that agree with each other form one level.
 *
 * Order: every write of a key, including a promotion, holds the key's lock, so that a completed delete is never undone.
 * The lower levels are written first, then their caches from the bottom up: what a read returns is durable already, and
 * what a level evicts is in the levels below. Reads of the first level take no lock: it is written under the lock, and
 * returns the value that was written last.
 */
export class TierStack {
  readonly tiers: readonly ManagedTier[];
  readonly levels: readonly Level[];
  readonly #levels: StackLevels;
  /** First the levels that keep an entry's own TTL, then those that cap it. */
  readonly #uncappedFirst: readonly Level[];
  /** Values that may be returned after they have expired. */
  readonly stale = new StaleEntries();
  /** Reads that count accesses and promote. */
  readonly reads: StackReads;
  readonly staleness: Staleness;
  readonly #mutex = new KeyedMutex();
  readonly #access: AccessBuffer;
  readonly #events: StackEvents;
  readonly #invalidation: Invalidation;
  readonly #batches: BatchWrites;
  /** Keys whose entries are being loaded, and whether the loaded entry may still be stored. */
  readonly #loading = new Map<string, boolean>();

  /** Expects at least one tier. */
  constructor(
    tiers: readonly ManagedTier[],
    events: StackEvents,
    logger: Logger,
    { maxStalenessMs, onDoubt = 'answer' }: TierStackOptions = {},
  ) {
    this.tiers = tiers;
    this.#levels = levelsOf(tiers, { mutex: this.#mutex, logger, onDoubt });
    const { all: levels } = this.#levels;
    this.levels = levels;
    this.#uncappedFirst = [...levels.filter((level) => !level.capsTtl), ...levels.filter((level) => level.capsTtl)];
    this.#events = events;
    const shared = levels.length > 1 ? levels.filter(({ isDurable }) => isDurable) : [];
    this.staleness = new Staleness(shared, maxStalenessMs, () => this.#invalidation.drops);
    this.#access = new AccessBuffer(levels, this.#mutex, logger);
    const { staleness } = this;
    this.reads = new StackReads({ levels, mutex: this.#mutex, access: this.#access, events, staleness });
    this.#batches = new BatchWrites({
      ...this.#levels,
      uncappedFirst: this.#uncappedFirst,
      mutex: this.#mutex,
      access: this.#access,
      invalidateDerivedState: (key) => this.#invalidateDerivedState(key),
    });
    const derived = {
      forget: (key: string) => this.#invalidateDerivedState(key),
      keepAccesses: (key: string | null) => this.#noteUpdatedByOthers(key),
      clear: () => this.#invalidateAllDerivedState(),
    };
    this.#invalidation = new Invalidation(levels, this.#mutex, derived, () => {
      staleness.dropped++;
    });
  }

  /** Call it once the tiers are open. */
  async start(): Promise<void> {
    await startLevels(this.#levels);
  }

  /** Stores an entry in every tier and returns, for each tier, whether it was stored. */
  put(given: CacheEntry): MaybePromise<boolean[]> {
    const entry = withoutMark(extractUrlCredentials(given));
    return this.#whenFresh(() => this.#mutex.run(entry.key, () => this.#putEverywhere(entry)));
  }

  #putEverywhere(entry: CacheEntry): MaybePromise<boolean[]> {
    const { below, caches } = this.#levels;
    this.#invalidateDerivedState(entry.key);
    return chain(allOf(below.map((level) => level.store(copyFor(level, entry)))), (results) => {
      this.#invalidateDerivedState(entry.key);
      return chain(this.#putInCaches(entry, results, caches), (inCaches) =>
        inTierOrder([...inCaches, ...results.flatMap(({ stored }) => stored)], this.tiers, this.levels),
      );
    });
  }

  /** From the bottom up, once the levels below have answered. */
  #putInCaches(entry: CacheEntry, below: readonly StoredEntry[], caches: readonly Level[]): MaybePromise<boolean[]> {
    // With its version, so that memory knows which changes by others it has seen; but not the object that a level below
    // was given, because memory counts accesses in its own.
    const version = versionOf(below.findLast((level) => level.entry !== undefined)?.entry ?? entry);
    const stored = stampEntry(entry, version);
    const isOutdated = below.some((level) => level.isOutdated === true);
    const isDurable = below.some((level) => level.stored.includes(true));
    const put = (level: Level): MaybePromise<boolean> => {
      // What no level below has would be all that is left after a kill, and is removed by the next opening.
      if (isOutdated || (!isDurable && level.isDurable)) return chain(level.delete(entry.key), () => false);
      return chain(level.store(copyFor(level, stored)), (answer) => answer.stored[0] === true);
    };
    const results: MaybePromise<boolean>[] = new Array(caches.length);
    for (let i = caches.length - 1; i >= 0; i--) results[i] = put(caches[i]!);
    return allOf(results);
  }

  /** Runs an operation once changes by others are known, and starts attempts to recover that are due. */
  #whenFresh<T>(work: () => MaybePromise<T>): MaybePromise<T> {
    for (const level of this.levels) level.recoverIfDue();
    const polled = this.staleness.pollIfDue();
    return polled === undefined ? work() : polled.then(work);
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
    const entry = withoutMark(extractUrlCredentials(given));
    // Checked under the lock: a delete that waits for the same lock has not invalidated the load yet.
    const put = () => (this.#loading.get(entry.key) === false ? [] : this.#putEverywhere(entry));
    return this.#whenFresh(() => this.#mutex.run(entry.key, put));
  }

  /** See {@link BatchWrites.putMany}. */
  putMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    return this.#whenFresh(() => this.#batches.putMany(entries));
  }

  /** See {@link BatchWrites.mergeMany}. */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    return this.#whenFresh(() => this.#batches.mergeMany(keys, merge));
  }

  /**
   * Reads the newest value and stores the result of `change`, or removes the key if that is `null`, as one atomic step.
   * Returns that result; `undefined` if there is no value.
   *
   * The lowest durable level does it if it can, however many processes change the key: the copies here may be outdated.
   */
  update(key: string, change: EntryChange, options: UpdateOptions = {}): MaybePromise<CacheEntry | null | undefined> {
    return this.#whenFresh(() =>
      this.#mutex.run(key, () => {
        const lowest = this.#levels.below.at(-1);
        if (lowest === undefined) return this.#updateCopies(key, change, options);
        const { check, reason } = options;
        // The first level will have the entry, so the mark that it evicted it is removed. Accesses that the level has
        // not received yet do not get lost: they are overlaid below.
        const changeStored: EntryChange = (entry) => {
          const changed = change(entry);
          return changed && withoutMark(changed);
        };
        return chain(lowest.update(key, changeStored, { check, reason }), (updated) =>
          this.#afterUpdate(key, change, options, lowest, updated),
        );
      }),
    );
  }

  #afterUpdate(
    key: string,
    change: EntryChange,
    options: UpdateOptions,
    lowest: Level,
    updated: CacheEntry | null | undefined | 'unable',
  ): MaybePromise<CacheEntry | null | undefined> {
    const isEvicted = updated === undefined && !lowest.keepsEverything;
    if (updated === 'unable' || isEvicted) return this.#updateCopies(key, change, options);
    const others = this.levels.filter((level) => level !== lowest);
    if (updated === undefined || updated === null) {
      this.#invalidateDerivedState(key);
      return chain(allOf(others.map((level) => level.delete(key, options.reason))), () => updated);
    }
    const entry = withoutMark(this.#access.overlay(updated, lowest));
    this.#noteChanged(entry, others);
    return chain(allOf(others.map((level) => level.store(copyFor(level, entry)))), () => entry);
  }

  /** Without a level that can do it as one step: the newest copy is changed and put everywhere. */
  #updateCopies(
    key: string,
    change: EntryChange,
    { reason, apply }: UpdateOptions,
  ): MaybePromise<CacheEntry | null | undefined> {
    return chain<Newest | undefined, CacheEntry | null | undefined>(this.#newest(key), (found) => {
      if (found === undefined) return undefined;
      const overlaid = () => this.#access.overlay(found.entry, found.level);
      return chain(this.#levels.agreed !== undefined ? undefined : apply?.(overlaid()), (applied) => {
        // Reads of the first level take no lock, so accesses may have been counted meanwhile.
        const result = (applied?.change ?? change)(overlaid());
        const changed = result && withoutMark(result);
        const done = changed === null ? this.#deleteEverywhere(key, reason) : this.#putChanged(changed, applied?.tiers);
        return chain<unknown, CacheEntry | null>(done, () => changed);
      });
    });
  }

  #withNewest<T>(key: string, work: (entry: CacheEntry) => MaybePromise<T>): MaybePromise<T | undefined> {
    return this.#whenFresh(() =>
      this.#mutex.run(key, () =>
        chain<Newest | undefined, T | undefined>(this.#newest(key), (found) =>
          found === undefined ? undefined : work(this.#access.overlay(found.entry, found.level)),
        ),
      ),
    );
  }

  /** Stores a changed entry in every level that has not applied the change. */
  #putChanged(entry: CacheEntry, applied: ReadonlySet<ManagedTier> | undefined): MaybePromise<unknown> {
    const isLeft = ({ tiers }: Level): boolean => applied?.has(tiers[0]!) !== true;
    const [below, caches] = [this.#levels.below.filter(isLeft), this.#levels.caches.filter(isLeft)];
    this.#noteChanged(entry, [...caches, ...below]);
    return chain(allOf(below.map((level) => level.store(copyFor(level, entry)))), (results) => {
      if (below.length === 0) return this.#putInCaches(entry, results, caches);
      // With the accesses that were counted meanwhile.
      const counted = this.#access.overlay(entry, below.at(-1)!);
      this.#noteChanged(counted, caches);
      return this.#putInCaches(counted, results, caches);
    });
  }

  /** These levels get an entry with all accesses counted so far. */
  #noteChanged(entry: CacheEntry, levels: readonly Level[]): void {
    if (this.stale.has(entry.key)) this.stale.record(entry);
    if (levels.length === this.levels.length) this.#access.forget(entry.key);
    else this.#access.noteWritten(entry.key, levels);
  }

  /** The entry that a level returned, with all accesses counted so far. */
  overlay(entry: CacheEntry, level: Level): CacheEntry {
    return this.#access.overlay(entry, level);
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
  #newest(key: string, index = 0): MaybePromise<Newest | undefined> {
    const level = this.#uncappedFirst[index];
    if (level === undefined) return undefined;
    return chain(level.peek(key), (entry) => (entry === undefined ? this.#newest(key, index + 1) : { entry, level }));
  }

  /** Removes an entry from every tier; true if it existed in one of them. */
  delete(key: string, reason: RemovalReason): MaybePromise<boolean> {
    return this.#whenFresh(() => this.#mutex.run(key, () => this.#deleteEverywhere(key, reason)));
  }

  #deleteEverywhere(key: string, reason?: RemovalReason): MaybePromise<boolean> {
    this.#invalidateDerivedState(key);
    return chain(allOf(this.#levels.below.map((level) => level.delete(key, reason))), (below) => {
      this.#invalidateDerivedState(key);
      const inCaches = allOf(this.#levels.caches.map((level) => level.delete(key, reason)));
      return chain(inCaches, (existed) => existed.includes(true) || below.includes(true));
    });
  }

  /** See {@link BatchWrites.deleteMany}. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]> {
    return this.#whenFresh(() => this.#batches.deleteMany(keys));
  }

  /** See {@link BatchWrites.deleteManyIf}. */
  deleteManyIf(keys: readonly string[], shouldDelete: (entry: CacheEntry) => boolean): MaybePromise<number> {
    return this.#whenFresh(() => this.#batches.deleteManyIf(keys, shouldDelete));
  }

  /** Clears every tier and returns how many different entries there were. */
  clear(): Promise<number> {
    return this.#mutex.runExclusive(async () => {
      const count = (await this.keys()).length;
      this.#invalidateAllDerivedState();
      await Promise.all(this.#levels.below.map((level) => level.clear()));
      this.#invalidateAllDerivedState();
      await Promise.all(this.#levels.caches.map((level) => level.clear()));
      return count;
    });
  }

  /** True if a level has a live entry of the key. */
  async has(key: string): Promise<boolean> {
    await this.staleness.pollIfDue();
    for (const level of this.levels) if (await level.has(key)) return true;
    return false;
  }

  /** Every live key once. */
  async keys(): Promise<string[]> {
    await this.staleness.pollIfDue();
    const seen = new Set<string>();
    for (const level of this.levels) for (const key of await level.keys()) seen.add(key);
    return [...seen];
  }

  /** Every live entry once, from the highest level that keeps the entry's own TTL, with all accesses counted so far. */
  async *entries(): AsyncGenerator<CacheEntry> {
    await this.staleness.pollIfDue();
    const seen = new Set<string>();
    for (const level of this.#uncappedFirst) {
      for await (const entry of level.entries()) {
        if (seen.has(entry.key) || level.hasMissed(entry.key)) continue;
        seen.add(entry.key);
        yield this.#access.overlay(entry, level);
      }
    }
  }

  /** Removes expired entries from every tier and returns the number of removals. */
  async cleanupExpired(): Promise<number> {
    for (const level of this.levels) level.recoverIfDue();
    let removed = 0;
    for (const level of this.levels) removed += await level.cleanupExpired();
    return removed;
  }

  /**
   * Call it when a tier has evicted an entry. The eviction is a demotion if it was for capacity and a lower tier keeps
   * the entry.
   */
  noteEviction(position: number, key: string, entry: CacheEntry, reason: RemovalReason): void {
    const isDemotion =
      reason === RemovalReason.CAPACITY && this.tiers.slice(position + 1).some((tier) => this.#keeps(tier, key));
    if (isDemotion && position === 0) this.#access.recordEviction(entry);
    this.#events.evicted(this.tiers[position]!, key, reason, isDemotion);
  }

  /**
   * True if a tier has an entry that was put into every tier. A tier with a limit may have evicted it; if such a tier
   * is asynchronous, the entry is assumed to be there.
   */
  #keeps(tier: ManagedTier, key: string): boolean {
    if (!tier.canRead(key)) return false;
    if (!tier.isSynchronous || tier.inspect((inner) => inner.config.maxEntries) === null) return true;
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
    this.staleness.stop();
    await this.#mutex.idle();
    await this.#access.settle();
    await Promise.allSettled(this.levels.map((level) => level.catchUp()));
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

  /** `null` stands for all keys. */
  #noteUpdatedByOthers(key: string | null): void {
    this.#access.keep(key);
    for (const loading of key === null ? this.#loading.keys() : [key])
      if (this.#loading.has(loading)) this.#loading.set(loading, false);
    if (key === null) this.stale.clear();
    else this.stale.forget(key);
  }

  #invalidateAllDerivedState(): void {
    for (const key of this.#loading.keys()) this.#loading.set(key, false);
    this.#access.clear();
    this.stale.clear();
  }
}
