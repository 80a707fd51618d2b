import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { allOf, chain, extractUrlCredentials, isPromise } from '@pw/cache-models/tier';
import { type AccessBuffer, copyFor, withoutMark } from '../access/access-buffer.ts';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import { areMany } from '../scheduling/slices.ts';
import type { ManagedTier, SliceHooks } from '../tier/managed-tier.ts';
import type { Merge } from './merge.ts';
import type { Hit } from './stack-reads.ts';

export interface BatchWritesContext {
  readonly tiers: readonly ManagedTier[];
  /** First the tiers that keep an entry's own TTL, then those that cap it. */
  readonly uncappedFirst: readonly ManagedTier[];
  readonly mutex: KeyedMutex;
  readonly access: AccessBuffer;
  /** Called when the value of a key is replaced or removed. */
  readonly invalidateDerivedState: (key: string) => void;
}

/**
 * Writes of many keys, under the locks of all of them. The first tier is written first; each other tier then starts in
 * its own turn of the event loop if the batch is long.
 */
export class BatchWrites {
  readonly #context: BatchWritesContext;
  readonly #first: ManagedTier;
  readonly #others: readonly ManagedTier[];
  /**
   * Keys that have been put into the first tier but not into the others yet. No two batches share a key, because the
   * locks of these keys are held.
   */
  readonly #pendingBelow = new Set<string>();
  /** These hooks invalidate state derived from an old value in the step in which the first tier gets the new value. */
  readonly #hooks = {
    before: (slice) => {
      for (const { key } of slice) {
        this.#context.invalidateDerivedState(key);
        this.#pendingBelow.add(key);
      }
    },
    after: (slice) => this.#forgetReplaced(slice),
  } satisfies SliceHooks;

  /** Expects at least one tier. */
  constructor(context: BatchWritesContext) {
    this.#context = context;
    const [first, ...others] = context.tiers;
    this.#first = first!;
    this.#others = others;
  }

  /** True if an entry of the key is about to be put into the tiers below the first one. */
  isPendingBelow(key: string): boolean {
    return this.#pendingBelow.size > 0 && this.#pendingBelow.has(key);
  }

  /** Stores entries and returns which of them at least one tier stored. */
  putMany(given: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const entries = given.map((entry) => withoutMark(extractUrlCredentials(entry)));
    const keys = entries.map((entry) => entry.key);
    return this.#context.mutex.runAll(keys, () => {
      const copies = this.#copiesOf(entries);
      return this.#putBelow(copies, this.#first.putMany(entries, this.#hooks));
    });
  }

  /**
   * Merges entries into the existing entries of the keys and stores them, as one atomic step. Returns, in the order of
   * the merged entries, which of them at least one tier stored.
   */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    const { mutex, access } = this.#context;
    return mutex.runAll(keys, async () => {
      const newest = await this.#newestMany(keys);
      const existing = new Map([...newest].map(([key, { entry }]) => [key, entry]));
      await merge.prepare(existing);
      // Reads of the first tier take no lock, so accesses may have been counted meanwhile.
      for (const key of existing.keys()) {
        const { entry, tier } = this.#peekFirst(key) ?? newest.get(key)!;
        existing.set(key, access.overlay(entry, tier));
      }
      const entries = merge.mergeInto(existing).map((entry) => withoutMark(extractUrlCredentials(entry)));
      this.#hooks.before(entries);
      const copies = this.#copiesOf(entries);
      const stored = this.#first.putManyInOneStep(entries);
      if (!isPromise(stored)) this.#hooks.after(entries);
      return this.#putBelow(copies, stored);
    });
  }

  /** Removes entries from every tier and returns which of them existed in at least one tier. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]> {
    const { mutex, tiers, invalidateDerivedState } = this.#context;
    return mutex.runAll(keys, () => {
      for (const key of keys) invalidateDerivedState(key);
      return chain(allOf(tiers.map((tier) => tier.deleteMany(keys))), (results) => anyTier(results, keys.length));
    });
  }

  /**
   * Removes the keys whose newest entry satisfies `shouldDelete` from every tier, as one atomic step. Returns how many
   * entries were removed.
   */
  deleteManyIf(keys: readonly string[], shouldDelete: (entry: CacheEntry) => boolean): MaybePromise<number> {
    const { mutex, tiers, invalidateDerivedState } = this.#context;
    return mutex.runAll(keys, async () => {
      const newest = await this.#newestMany(keys);
      const toDelete = keys.filter((key) => newest.has(key) && shouldDelete(newest.get(key)!.entry));
      for (const key of toDelete) invalidateDerivedState(key);
      const results = await allOf(tiers.map((tier) => tier.deleteMany(toDelete)));
      return anyTier(results, toDelete.length).filter(Boolean).length;
    });
  }

  /** The objects to put into each tier below the first one, made before the first one counts in those that it gets. */
  #copiesOf(entries: readonly CacheEntry[]): Copies {
    return { entries, below: this.#others.map((tier) => entries.map((entry) => copyFor(tier, entry))) };
  }

  #putBelow(copies: Copies, first: MaybePromise<readonly boolean[]>): MaybePromise<boolean[]> {
    const { entries, below } = copies;
    const results = areMany(entries)
      ? this.#putInTurns(below, first)
      : allOf([first, ...this.#others.map((tier, i) => tier.putMany(below[i]!))]);
    return chain(results, (stored) => {
      for (const { key } of entries) this.#pendingBelow.delete(key);
      return anyTier(stored, entries.length);
    });
  }

  /** Starts each tier in its own turn of the event loop. */
  async #putInTurns(below: Copies['below'], first: MaybePromise<readonly boolean[]>) {
    const results = [first];
    for (const [i, tier] of this.#others.entries()) {
      await setImmediate();
      results.push(tier.putMany(below[i]!));
    }
    return Promise.all(results);
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

  #peekFirst(key: string): Hit | undefined {
    const tier = this.#first;
    if (!tier.isSynchronous || tier.capsTtl) return undefined;
    const entry = tier.peek(key) as CacheEntry | undefined;
    return entry && { entry, tier };
  }

  /**
   * The live entries of the keys, without counting hits. Each tier is read only for the keys that no earlier tier had.
   */
  async #newestMany(keys: readonly string[]): Promise<Map<string, Hit>> {
    const found = new Map<string, Hit>();
    let left = keys;
    for (const tier of this.#context.uncappedFirst) {
      if (left.length === 0) break;
      for (const entry of await tier.peekMany(left)) if (entry !== undefined) found.set(entry.key, { entry, tier });
      if (areMany(left)) await setImmediate();
      if (found.size > 0) left = left.filter((key) => !found.has(key));
    }
    return found;
  }
}

/** The entries of a batch, and the copies for each tier below the first one. */
interface Copies {
  readonly entries: readonly CacheEntry[];
  readonly below: readonly (readonly CacheEntry[])[];
}

function anyTier(tiers: readonly (readonly boolean[])[], length: number): boolean[] {
  return Array.from({ length }, (_, i) => tiers.some((results) => results[i] === true));
}
