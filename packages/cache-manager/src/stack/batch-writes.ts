import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { allOf, chain, extractUrlCredentials, isPromise, stampEntry, versionOf } from '@pw/cache-models/tier';
import { type AccessBuffer, copyFor, withoutMark } from '../access/access-buffer.ts';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import { areMany } from '../scheduling/slices.ts';
import type { Level, StackLevels } from './levels.ts';
import type { Merge } from './merge.ts';
import type { ExpectedVersions, SliceHooks, StoredEntries } from './stack-level.ts';

/** How often keys are merged if others change them meanwhile. */
const MERGES = 4;

/** The newest entry of a key, the level that returned it, and its version. */
interface Newest {
  readonly entry: CacheEntry;
  readonly level: Level;
  readonly version: number;
}

interface MergeProgress {
  /** The keys to be merged; all of them at first. */
  readonly left: ReadonlySet<string>;
  /** The merged entries as they are stored, by key. */
  readonly done: Map<string, CacheEntry>;
  /** The keys that a durable level has stored. */
  readonly stored: Set<string>;
  /** True if nothing more is expected of the versions. */
  readonly isLast: boolean;
}

export interface BatchWritesContext extends Pick<StackLevels, 'caches' | 'below' | 'agreed'> {
  /** First the levels that keep an entry's own TTL, then those that cap it. */
  readonly uncappedFirst: readonly Level[];
  readonly mutex: KeyedMutex;
  readonly access: AccessBuffer;
  /** Called when the value of a key is replaced or removed. */
  readonly invalidateDerivedState: (key: string) => void;
}

/**
 * Writes of many keys, under the locks of all of them: the lower levels first, then their caches from the bottom up.
 * Each of the lower levels starts in its own turn of the event loop if the batch is long.
 */
export class BatchWrites {
  readonly #context: BatchWritesContext;
  /** These hooks invalidate state derived from an old value in the step in which the first level gets the new value. */
  readonly #hooks = {
    before: (slice) => {
      for (const { key } of slice) this.#context.invalidateDerivedState(key);
    },
    after: (slice) => this.#forgetReplaced(slice),
  } satisfies SliceHooks;

  /** Expects at least one level. */
  constructor(context: BatchWritesContext) {
    this.#context = context;
  }

  /** Stores entries and returns which of them at least one tier stored. */
  putMany(given: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const entries = given.map((entry) => withoutMark(extractUrlCredentials(entry)));
    const keys = entries.map((entry) => entry.key);
    return this.#context.mutex.runAll(keys, () => this.#putAll(entries));
  }

  #putAll(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const first = this.#context.caches.length === 0 ? this.#hooks : {};
    const below = areMany(entries)
      ? this.#putInTurns(entries, first)
      : allOf(this.#context.below.map((level) => level.storeMany(copiesFor(level, entries), first)));
    return chain(below, (results) => {
      const stored = entries.map((entry, i) => stampedAs(entry, results, i));
      return chain(this.#putInCaches(stored, results), (inCaches) =>
        anyOf([...results.map((result) => result.stored), ...inCaches], entries.length),
      );
    });
  }

  /** Starts each level in its own turn of the event loop. */
  async #putInTurns(entries: readonly CacheEntry[], hooks: SliceHooks): Promise<StoredEntries[]> {
    const results: MaybePromise<StoredEntries>[] = [];
    for (const level of this.#context.below) {
      if (results.length > 0) await setImmediate();
      results.push(level.storeMany(copiesFor(level, entries), hooks));
    }
    return Promise.all(results);
  }

  /**
   * From the bottom up. Returns for each cache which of the entries it has stored. Of an entry of which something newer
   * is there, or, in a durable cache, of one that no level below has stored, it has no copy afterwards.
   */
  #putInCaches(
    entries: readonly CacheEntry[],
    below: readonly StoredEntries[],
  ): MaybePromise<readonly (readonly boolean[])[]> {
    const { caches } = this.#context;
    const outdated = new Set(below.flatMap((result) => [...(result.outdated ?? [])]));
    const results: MaybePromise<readonly boolean[]>[] = new Array(caches.length);
    for (let i = caches.length - 1; i >= 0; i--) {
      const cache = caches[i]!;
      const unwanted = cache.isDurable ? withUnstored(outdated, entries, below) : outdated;
      // One after the other: what a cache evicts must be in the one below it by then, however slow that is.
      results[i] = chain(results[i + 1], () => putWanted(cache, entries, unwanted, i === 0 ? this.#hooks : {}));
    }
    return allOf(results);
  }

  /** From the bottom up; a cache in memory gets all of them in one step, with these hooks around the first. */
  #putMerged(entries: readonly CacheEntry[], hooks: SliceHooks): MaybePromise<readonly StoredEntries[]> {
    const { caches } = this.#context;
    const results: MaybePromise<StoredEntries>[] = new Array(caches.length);
    for (let i = caches.length - 1; i >= 0; i--) {
      const cache = caches[i]!;
      const copies = copiesFor(cache, entries);
      if (i === 0) hooks.before?.(entries);
      const stored = cache.isSynchronous ? cache.storeManyInOneStep(copies) : cache.storeMany(copies);
      if (i === 0 && !isPromise(stored)) hooks.after?.(entries);
      results[i] = stored;
    }
    return allOf(results);
  }

  /**
   * Merges entries into the existing entries of the keys and stores them, as one atomic step. Returns, in the order of
   * the merged entries, which of them at least one tier stored.
   */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    return this.#context.mutex.runAll(keys, async () => {
      const existing = await this.#newestMany(keys);
      await merge.prepare(entriesOf(existing));
      if (this.#context.below.length > 0) return this.#mergeBelow(keys, merge, existing);
      const entries = this.#merge(merge, existing);
      const inCaches = await this.#putMerged(entries, this.#hooks);
      return anyOf(
        inCaches.map((result) => result.stored),
        entries.length,
      );
    });
  }

  /**
   * Stores the merged entries in the lower levels, and again what others have changed meanwhile; then in their caches.
   */
  async #mergeBelow(keys: readonly string[], merge: Merge, existing: Map<string, Newest>): Promise<boolean[]> {
    const { access, below, uncappedFirst, agreed } = this.#context;
    const done = new Map<string, CacheEntry>();
    const stored = new Set<string>();
    let left: ReadonlySet<string> = new Set(keys);
    for (let attempt = 1; left.size > 0; attempt++) {
      const outdated = await this.#mergeOnce(merge, existing, { left, done, stored, isLast: attempt === MERGES });
      // Merged again, into what others have made of them.
      for (const key of outdated) existing.delete(key);
      const levels = agreed === undefined ? uncappedFirst : below;
      for (const [key, newest] of await this.#newestMany([...outdated], levels)) existing.set(key, newest);
      left = outdated;
    }
    // With the accesses that were counted meanwhile.
    const merged = [...done.values()].map((entry) => access.overlay(entry, below.at(-1)!));
    const results = await this.#putMerged(merged, {});
    for (const [i, { key }] of merged.entries()) if (results.some((level) => level.stored[i])) stored.add(key);
    return merge.entries.map(({ key }) => stored.has(key));
  }

  /**
   * Merges into the existing entries and stores the result in the lower levels. Returns the keys to be merged again.
   */
  async #mergeOnce(merge: Merge, existing: Map<string, Newest>, progress: MergeProgress): Promise<Set<string>> {
    const { access, below } = this.#context;
    const { left, done, stored, isLast } = progress;
    const entries = this.#merge(merge, existing).filter(({ key }) => left.has(key));
    const hits = entries.map(({ key }) => access.hitsOf(key));
    const versionBefore = ({ key }: CacheEntry) => existing.get(key)?.version ?? 0;
    const expected = isLast ? undefined : new Map(entries.map((entry) => [entry.key, versionBefore(entry)]));
    const results = await allOf(below.map((level) => level.storeMany(copiesFor(level, entries), {}, expected)));
    const outdated = new Set(results.flatMap((result) => [...(result.outdated ?? [])]));
    for (const [i, entry] of entries.entries()) {
      if (outdated.has(entry.key) && !isLast) continue;
      outdated.delete(entry.key);
      access.noteMerged(entry.key, hits[i]!);
      done.set(entry.key, stampedAs(entry, results, i));
      if (results.some((result) => result.stored[i] === true)) stored.add(entry.key);
    }
    return outdated;
  }

  /** Reads of the first level take no lock, so accesses may have been counted since the entries were read. */
  #merge(merge: Merge, existing: Map<string, Newest>): CacheEntry[] {
    const { access } = this.#context;
    const overlaid = new Map<string, CacheEntry>();
    for (const [key, newest] of existing) {
      const { entry, level } = this.#peekFirst(key, newest) ?? newest;
      overlaid.set(key, access.overlay(entry, level));
    }
    return merge.mergeInto(overlaid).map((entry) => withoutMark(extractUrlCredentials(entry)));
  }

  /** Removes entries from every tier and returns which of them existed in at least one tier. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]> {
    return this.#context.mutex.runAll(keys, () => this.#deleteAll(keys));
  }

  /**
   * Removes the keys whose newest entry satisfies `shouldDelete` from every tier, as one atomic step. Returns how many
   * entries were removed.
   */
  deleteManyIf(keys: readonly string[], shouldDelete: (entry: CacheEntry) => boolean): MaybePromise<number> {
    return this.#context.mutex.runAll(keys, async () => {
      const newest = await this.#newestMany(keys);
      const toDelete = keys.filter((key) => newest.has(key) && shouldDelete(newest.get(key)!.entry));
      // An entry that others change meanwhile stays: it may not satisfy the condition any more.
      const expected = new Map(toDelete.map((key) => [key, newest.get(key)!.version]));
      return (await this.#deleteAll(toDelete, expected)).filter(Boolean).length;
    });
  }

  #deleteAll(keys: readonly string[], expected?: ExpectedVersions): MaybePromise<boolean[]> {
    const { caches, below, invalidateDerivedState } = this.#context;
    for (const key of keys) invalidateDerivedState(key);
    return chain(allOf(below.map((level) => level.deleteMany(keys, expected))), (results) => {
      for (const key of keys) invalidateDerivedState(key);
      const above = allOf(caches.map((level) => level.deleteMany(keys)));
      return chain(above, (more) => anyOf([...results, ...more], keys.length));
    });
  }

  /**
   * While storing a batch, the first tier may have evicted old values of the batch's keys. Accesses recorded for these
   * values are obsolete too.
   */
  #forgetReplaced(entries: readonly CacheEntry[]): void {
    const { access } = this.#context;
    const first = this.#first;
    if (!first.isSynchronous) return;
    for (const entry of entries) {
      if (!access.has(entry.key)) continue;
      access.forget(entry.key);
      if (first.peek(entry.key) === undefined) access.recordEviction(entry);
    }
  }

  get #first(): Level {
    return this.#context.caches[0] ?? this.#context.below[0]!;
  }

  /** The first level's copy of an entry, which counts accesses on. */
  #peekFirst(key: string, { version }: Newest): Newest | undefined {
    const level = this.#first;
    if (!level.isSynchronous || level.capsTtl) return undefined;
    const entry = level.peek(key) as CacheEntry | undefined;
    return entry !== undefined && versionOf(entry) === version ? { entry, level, version } : undefined;
  }

  /**
   * The live entries of the keys, without counting hits. Each level is read only for the keys that no earlier one had.
   * A copy without a version, which a cache of tiers that agree may have, cannot be compared: it counts if they have
   * none.
   */
  async #newestMany(keys: readonly string[], levels = this.#context.uncappedFirst): Promise<Map<string, Newest>> {
    const { below, agreed } = this.#context;
    const found = new Map<string, Newest>();
    const unversioned = new Map<string, Newest>();
    let left = keys;
    for (const level of levels) {
      if (left.length === 0) break;
      const needsVersions = agreed !== undefined && !below.includes(level);
      for (const entry of await level.peekMany(left)) {
        if (entry === undefined) continue;
        const newest = { entry, level, version: versionOf(entry) };
        if (!needsVersions || newest.version > 0) found.set(entry.key, newest);
        else if (!unversioned.has(entry.key)) unversioned.set(entry.key, newest);
      }
      if (areMany(left)) await setImmediate();
      if (found.size > 0) left = left.filter((key) => !found.has(key));
    }
    for (const [key, newest] of unversioned) if (!found.has(key)) found.set(key, newest);
    return found;
  }
}

/**
 * An entry with the version that the levels below have given it, so that memory knows which changes by others it has
 * seen; but not the object that they were given, because memory counts accesses in its own.
 */
function stampedAs(entry: CacheEntry, results: readonly StoredEntries[], i: number): CacheEntry {
  return stampEntry(entry, versionOf(results.findLast((result) => result.entries[i])?.entries[i] ?? entry));
}

function entriesOf(newest: ReadonlyMap<string, Newest>): Map<string, CacheEntry> {
  return new Map([...newest].map(([key, { entry }]) => [key, entry]));
}

/** The objects to put into a level, made before the first one counts in those that it gets. */
function copiesFor(level: Level, entries: readonly CacheEntry[]): readonly CacheEntry[] {
  return level.level === 0 ? entries : entries.map((entry) => copyFor(level, entry));
}

/** With the keys of the entries that no level has stored. */
function withUnstored(
  keys: ReadonlySet<string>,
  entries: readonly CacheEntry[],
  levels: readonly StoredEntries[],
): ReadonlySet<string> {
  const unstored = entries.filter((_, i) => !levels.some(({ stored }) => stored[i] === true));
  return unstored.length === 0 ? keys : new Set([...keys, ...unstored.map(({ key }) => key)]);
}

/** Stores the entries in a cache, except those of unwanted keys, which it drops. Returns which it has stored. */
function putWanted(
  cache: Level,
  entries: readonly CacheEntry[],
  unwanted: ReadonlySet<string>,
  hooks: SliceHooks,
): MaybePromise<readonly boolean[]> {
  if (unwanted.size === 0) return chain(cache.storeMany(copiesFor(cache, entries), hooks), ({ stored }) => stored);
  const wanted = entries.filter(({ key }) => !unwanted.has(key));
  return chain(cache.storeMany(copiesFor(cache, wanted), hooks), ({ stored }) =>
    chain(cache.deleteMany([...unwanted]), () => {
      const kept = new Set(wanted.filter((_, i) => stored[i] === true));
      return entries.map((entry) => kept.has(entry));
    }),
  );
}

function anyOf(levels: readonly (readonly boolean[])[], length: number): boolean[] {
  return Array.from({ length }, (_, i) => levels.some((results) => results[i] === true));
}
