import { setImmediate } from 'node:timers/promises';
import { type CacheEntry, chain, isPromise, type MaybePromise, moveUserInfo } from '@pw/cache-models';
import type { WriteBehind } from '../access/access-buffer.ts';
import type { Merge } from '../merge.ts';
import { allOf, areMany } from '../scheduling/slicer.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import type { SliceHooks } from '../tier/tier-writes.ts';
import type { KeyLock } from './keyed-mutex.ts';

export interface StackBatchesContext {
  readonly slots: readonly TierSlot[];
  /** First those in which an entry has its own life, then those that cap it. */
  readonly byTruth: readonly TierSlot[];
  readonly lock: KeyLock;
  readonly access: WriteBehind;
  /** The value of a key is replaced or removed: what is kept of it beside the tiers is void. */
  readonly isOver: (key: string) => void;
}

/**
 * Writes of many keys, under the locks of all of them. The first tier's part comes first, and the others' when its work is over
 * for this turn of the event loop.
 */
export class StackBatches {
  readonly #context: StackBatchesContext;
  readonly #first: TierSlot;
  readonly #others: readonly TierSlot[];
  /** Keys that the first tier has been given and the others not yet; under their locks, so that no two batches share one. */
  readonly #coming = new Set<string>();
  /** What is kept of an old value is void in the moment in which the first tier has the new one. */
  readonly #hooks = {
    before: (slice) => {
      for (const { key } of slice) {
        this.#context.isOver(key);
        this.#coming.add(key);
      }
    },
    after: (slice) => this.#forgetReplaced(slice),
  } satisfies SliceHooks;

  /** Of at least one slot. */
  constructor(context: StackBatchesContext) {
    this.#context = context;
    const [first, ...others] = context.slots;
    this.#first = first!;
    this.#others = others;
  }

  /** True if an entry of the key is on its way into the tiers below the first one. */
  isComing(key: string): boolean {
    return this.#coming.size > 0 && this.#coming.has(key);
  }

  /** Stores entries and tells which of them at least one tier holds. */
  putMany(given: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const entries = given.map(moveUserInfo);
    const keys = entries.map((entry) => entry.key);
    return this.#context.lock.runAll(keys, () => this.#andBelow(entries, this.#first.writeMany(entries, this.#hooks)));
  }

  /**
   * Stores what `merge` makes of the entries that are there under the keys, with nothing in between; tells in the order of its
   * entries which of them at least one tier holds.
   */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    const { lock, access } = this.#context;
    return lock.runAll(keys, async () => {
      const existing = await this.#newestMany(keys);
      await merge.prepare(existing);
      // Reads of the first tier hold no lock: those of the last moment count too.
      for (const [key, entry] of existing) existing.set(key, access.overlay(this.#atFirst(key) ?? entry));
      const entries = merge.over(existing).map(moveUserInfo);
      this.#hooks.before(entries);
      const written = this.#first.writeAll(entries);
      if (!isPromise(written)) this.#hooks.after(entries);
      return this.#andBelow(entries, written);
    });
  }

  /** Removes entries from every tier and tells which of them one tier had. */
  eraseMany(keys: readonly string[]): MaybePromise<boolean[]> {
    const { lock, slots, isOver } = this.#context;
    return lock.runAll(keys, () => {
      for (const key of keys) isOver(key);
      return chain(allOf(slots.map((slot) => slot.eraseMany(keys))), (tiers) => anyOf(tiers, keys.length));
    });
  }

  /**
   * Removes the entries of the keys of which `isWanted` says so, from every tier, with nothing in between; tells how many that were. It is
   * asked about the newest value of each.
   */
  eraseManyIf(keys: readonly string[], isWanted: (entry: CacheEntry) => boolean): MaybePromise<number> {
    const { lock, slots, isOver } = this.#context;
    return lock.runAll(keys, async () => {
      const newest = await this.#newestMany(keys);
      const wanted = keys.filter((key) => newest.has(key) && isWanted(newest.get(key)!));
      for (const key of wanted) isOver(key);
      const tiers = await allOf(slots.map((slot) => slot.eraseMany(wanted)));
      return anyOf(tiers, wanted.length).filter(Boolean).length;
    });
  }

  #andBelow(entries: readonly CacheEntry[], first: MaybePromise<readonly boolean[]>): MaybePromise<boolean[]> {
    const tiers = areMany(entries)
      ? this.#inTurns(entries, first)
      : allOf([first, ...this.#others.map((slot) => slot.writeMany(entries))]);
    return chain(tiers, (answers) => {
      for (const { key } of entries) this.#coming.delete(key);
      return anyOf(answers, entries.length);
    });
  }

  /** Each tier begins in a turn of its own. */
  async #inTurns(entries: readonly CacheEntry[], first: MaybePromise<readonly boolean[]>) {
    const answers = [first];
    for (const slot of this.#others) {
      await setImmediate();
      answers.push(slot.writeMany(entries));
    }
    return Promise.all(answers);
  }

  /** To store a batch, the first tier may have let go of values that the batch itself replaces: what they were counted is void too. */
  #forgetReplaced(entries: readonly CacheEntry[]): void {
    const { access } = this.#context;
    const first = this.#first;
    if (!first.isSynchronous) return;
    for (const entry of entries) {
      if (!access.has(entry.key)) continue;
      access.forget(entry.key);
      if (first.look(entry.key) === undefined) access.evicted(entry);
    }
  }

  #atFirst(key: string): CacheEntry | undefined {
    const first = this.#first;
    if (!first.isSynchronous || first.isCapped) return undefined;
    return first.look(key) as CacheEntry | undefined;
  }

  /** The live entries of the keys without counting a hit; a tier is asked for those that none before had. */
  async #newestMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const found = new Map<string, CacheEntry>();
    let left = keys;
    for (const slot of this.#context.byTruth) {
      if (left.length === 0) break;
      for (const entry of await slot.lookMany(left)) if (entry !== undefined) found.set(entry.key, entry);
      if (areMany(left)) await setImmediate();
      if (found.size > 0) left = left.filter((key) => !found.has(key));
    }
    return found;
  }
}

function anyOf(tiers: readonly (readonly boolean[])[], length: number): boolean[] {
  return Array.from({ length }, (_, i) => tiers.some((answers) => answers[i] === true));
}
