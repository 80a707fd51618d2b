import {
  CacheEntry,
  chain,
  isPromise,
  type Logger,
  type MaybePromise,
  moveUserInfo,
  type RemovalReason,
} from '@pw/cache-models';
import { WriteBehind } from '../access/access-buffer.ts';
import { StaleEntries } from '../load/stale-entries.ts';
import type { Merge } from '../merge.ts';
import { allOf } from '../scheduling/slicer.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import { StackBatches } from './batch-writes.ts';
import { Coherence } from './invalidation.ts';
import { KeyLock } from './keyed-mutex.ts';

/** What the stack tells its owner. */
export interface StackEvents {
  /** An entry was copied up into `slot` after a lower hit. */
  promoted(slot: TierSlot, key: string): void;
}

/** An entry and the tier that answered. */
export interface Hit {
  readonly entry: CacheEntry;
  readonly slot: TierSlot;
}

/**
 * One loop over any number of slots that behaves like one store.
 *
 * Order: everything that writes a key, promotions included, holds its lock, so a delete that returned is never undone.
 * Reads of the first tier hold none: it is written under the lock and answers with what was written last.
 */
export class TierStack {
  readonly slots: readonly TierSlot[];
  /** First those in which an entry has its own life, then those that cap it. */
  readonly #byTruth: readonly TierSlot[];
  /** Values that may be answered with after their time is up. */
  readonly stale = new StaleEntries();
  readonly #lock = new KeyLock();
  readonly #access: WriteBehind;
  readonly #events: StackEvents;
  readonly #coherence: Coherence;
  readonly #batches: StackBatches;
  /** Keys whose entries are being loaded, and whether what is loaded may still be stored. */
  readonly #loading = new Map<string, boolean>();

  constructor(slots: readonly TierSlot[], events: StackEvents, logger: Logger) {
    this.slots = slots;
    this.#byTruth = [...slots.filter((slot) => !slot.isCapped), ...slots.filter((slot) => slot.isCapped)];
    this.#events = events;
    this.#access = new WriteBehind(slots, this.#lock, logger);
    this.#batches = new StackBatches({
      slots,
      byTruth: this.#byTruth,
      lock: this.#lock,
      access: this.#access,
      isOver: (key) => this.#isOver(key),
    });
    this.#coherence = new Coherence(slots, this.#lock, {
      forget: (key) => this.#isOver(key),
      clear: () => this.#allIsOver(),
    });
  }

  /** As `find`, for those who do not ask which tier answered: a hit of the first one makes nothing but its entry. */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    const first = this.slots[0];
    const entry = first?.touch(key);
    if (first === undefined || entry === undefined || isPromise(entry))
      return chain(this.#below(first, key, entry), (hit) => hit?.entry);
    return this.#counted(first, entry);
  }

  /** The live entry of a key from the highest tier that has it, copied into the tiers above. */
  find(key: string): MaybePromise<Hit | undefined> {
    const first = this.slots[0];
    return this.#below(first, key, first?.touch(key));
  }

  /** Goes on with what the first tier answered. */
  #below(
    first: TierSlot | undefined,
    key: string,
    found: MaybePromise<CacheEntry | undefined>,
  ): MaybePromise<Hit | undefined> {
    if (first === undefined) return undefined;
    return chain(found, (entry) => (entry === undefined ? this.#findBelow(key) : this.#hit(first, entry)));
  }

  /** Under the key's lock: a write that is under way ends before, and none begins until the copies are made. */
  #findBelow(key: string): MaybePromise<Hit | undefined> {
    this.#recoverDue();
    return this.#lock.run(key, (hasWaited) => {
      if (!hasWaited || !this.#arrived(key)) return this.#search(key, 1);
      // Not `find`: it would wait for the lock that is held here, should the entry expire in this very moment.
      const first = this.slots[0]!;
      return chain(first.touch(key), (entry) => (entry === undefined ? this.#search(key, 1) : this.#hit(first, entry)));
    });
  }

  /** True if another request has copied the entry into the first tier while this one waited for the lock. */
  #arrived(key: string): boolean {
    const first = this.slots[0]!;
    return first.isSynchronous && first.look(key) !== undefined;
  }

  #search(key: string, level: number): MaybePromise<Hit | undefined> {
    const slot = this.slots[level];
    if (slot === undefined) return undefined;
    return chain(slot.read(key), (entry) =>
      entry === undefined ? this.#search(key, level + 1) : this.#promote(slot, this.#access.overlay(entry), level),
    );
  }

  #promote(slot: TierSlot, found: CacheEntry, level: number): MaybePromise<Hit> {
    const counted = found.touch(this.#now(found, slot));
    const entry = counted.evictedFromL1 ? CacheEntry.restore({ ...counted, evictedFromL1: false }) : counted;
    this.#access.hit(entry);
    const copies = this.slots.slice(0, level).map((above) =>
      chain(above.write(entry.key, entry), (stored) => {
        if (stored) this.#events.promoted(above, entry.key);
      }),
    );
    const hit = { entry, slot };
    return copies.some(isPromise) ? Promise.all(copies).then(() => hit) : hit;
  }

  #hit(slot: TierSlot, found: CacheEntry): Hit {
    return { entry: this.#counted(slot, found), slot };
  }

  /** A tier that counts accesses has done so already; the others' hits are counted here and written behind. */
  #counted(slot: TierSlot, found: CacheEntry): CacheEntry {
    if (slot.countsAccesses) {
      this.#access.touched(found);
      return found;
    }
    const entry = this.#countAccess(slot, found);
    this.#access.hit(entry);
    return entry;
  }

  #countAccess(slot: TierSlot, found: CacheEntry): CacheEntry {
    const current = this.#access.overlay(found);
    return current.touch(this.#now(current, slot));
  }

  /** Time that never runs backwards for an entry. */
  #now(entry: CacheEntry, slot: TierSlot): number {
    return Math.max(entry.lastAccessed, slot.now());
  }

  /** Stores an entry in every tier and tells, tier by tier, whether it did. */
  put(given: CacheEntry): MaybePromise<boolean[]> {
    this.#recoverDue();
    const entry = moveUserInfo(given);
    return this.#lock.run(entry.key, () => this.#write(entry));
  }

  #write(entry: CacheEntry): MaybePromise<boolean[]> {
    this.#isOver(entry.key);
    return allOf(this.slots.map((slot) => slot.write(entry.key, entry)));
  }

  /** Runs the load of a key's entry; one at a time of each key. */
  async loading<T>(key: string, load: () => Promise<T>): Promise<T> {
    this.#loading.set(key, true);
    try {
      return await load();
    } finally {
      this.#loading.delete(key);
    }
  }

  /** Stores what was loaded, unless the key was written or deleted meanwhile: then what was loaded may be older than that. */
  putLoaded(given: CacheEntry): MaybePromise<boolean[]> {
    this.#recoverDue();
    const entry = moveUserInfo(given);
    // Under the lock: a delete that waits for it too has not voided the load yet.
    return this.#lock.run(entry.key, () => (this.#loading.get(entry.key) === false ? [] : this.#write(entry)));
  }

  /** See {@link StackBatches.putMany}. */
  putMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    this.#recoverDue();
    return this.#batches.putMany(entries);
  }

  /** See {@link StackBatches.isComing}. */
  isComing(key: string): boolean {
    return this.#batches.isComing(key);
  }

  /** See {@link StackBatches.mergeMany}. */
  mergeMany(keys: readonly string[], merge: Merge): MaybePromise<boolean[]> {
    this.#recoverDue();
    return this.#batches.mergeMany(keys, merge);
  }

  /** Reads the newest value and writes what `change` makes of it (`null`: a removal), with nothing in between. */
  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    reason: RemovalReason,
  ): MaybePromise<CacheEntry | null | undefined> {
    return this.withNewest(key, (entry) => {
      const asked = change(entry);
      // Written to all tiers, the first one too: it is not evicted from there any more.
      const changed = asked?.evictedFromL1 ? CacheEntry.restore({ ...asked, evictedFromL1: false }) : asked;
      const done = changed === null ? this.#eraseEverywhere(key, reason) : this.writeLocked(changed);
      return chain<unknown, CacheEntry | null>(done, () => changed);
    });
  }

  /** Runs `work` on the newest value of a key, with nothing in between; `undefined` if there is none. */
  withNewest<T>(key: string, work: (entry: CacheEntry) => MaybePromise<T>): MaybePromise<T | undefined> {
    this.#recoverDue();
    return this.#lock.run(key, () =>
      chain<CacheEntry | undefined, T | undefined>(this.#newest(key), (entry) =>
        entry === undefined ? undefined : work(this.#access.overlay(entry)),
      ),
    );
  }

  /** Stores an entry in every tier but one. For work that holds the key's lock. */
  writeLocked(entry: CacheEntry, except?: TierSlot): MaybePromise<boolean[]> {
    if (this.stale.has(entry.key)) this.stale.note(entry);
    return allOf(this.slots.filter((slot) => slot !== except).map((slot) => slot.write(entry.key, entry)));
  }

  /** The entry with all accesses counted so far. */
  overlay(entry: CacheEntry): CacheEntry {
    return this.#access.overlay(entry);
  }

  /** Keeps the newest value of a key for those who take it after its time is up. */
  noteStale(key: string): MaybePromise<unknown> {
    return this.withNewest(key, (entry) => this.stale.note(entry));
  }

  /**
   * Writes what one tier holds for a key once more, if `wants` says so of it, with nothing in between. Tells whether it was
   * stored; `undefined` if it was not wanted, or is not there any more.
   */
  rewrite(slot: TierSlot, key: string, wants: (entry: CacheEntry) => boolean): MaybePromise<boolean | undefined> {
    return this.#lock.run(key, () => {
      return chain<CacheEntry | undefined, boolean | undefined>(slot.look(key), (entry) =>
        entry !== undefined && wants(entry) ? slot.write(key, entry) : undefined,
      );
    });
  }

  /** The live entry of a key without counting a hit. */
  #newest(key: string, turn = 0): MaybePromise<CacheEntry | undefined> {
    const slot = this.#byTruth[turn];
    if (slot === undefined) return undefined;
    return chain(slot.look(key), (entry) => (entry === undefined ? this.#newest(key, turn + 1) : entry));
  }

  /** Removes an entry from every tier; true if one of them had it. */
  erase(key: string, reason: RemovalReason): MaybePromise<boolean> {
    this.#recoverDue();
    return this.#lock.run(key, () => this.#eraseEverywhere(key, reason));
  }

  #eraseEverywhere(key: string, reason: RemovalReason): MaybePromise<boolean> {
    this.#isOver(key);
    return chain(allOf(this.slots.map((slot) => slot.erase(key, reason))), (were) => were.includes(true));
  }

  /** See {@link StackBatches.eraseMany}. */
  eraseMany(keys: readonly string[]): MaybePromise<boolean[]> {
    this.#recoverDue();
    return this.#batches.eraseMany(keys);
  }

  /** See {@link StackBatches.eraseManyIf}. */
  eraseManyIf(keys: readonly string[], isWanted: (entry: CacheEntry) => boolean): MaybePromise<number> {
    this.#recoverDue();
    return this.#batches.eraseManyIf(keys, isWanted);
  }

  /** Empties every tier and tells how many different entries there were. */
  clear(): Promise<number> {
    return this.#lock.runAlone(async () => {
      const count = (await this.keys()).length;
      this.#allIsOver();
      await Promise.all(this.slots.map((slot) => slot.eraseAll()));
      return count;
    });
  }

  /** True if a tier holds a live entry of the key. */
  async has(key: string): Promise<boolean> {
    for (const slot of this.slots) {
      if (slot.answersFor(key) && (await slot.ask((tier) => tier.has(key), false))) return true;
    }
    return false;
  }

  /** Every live key once. */
  async keys(): Promise<string[]> {
    const seen = new Set<string>();
    for (const slot of this.slots) {
      for (const key of await slot.ask<string[]>((tier) => tier.keys(), []))
        if (typeof key === 'string' && !slot.missed.covers(key)) seen.add(key);
    }
    return [...seen];
  }

  /** Every live entry once, as the highest tier has it that says how long it lives, with all accesses counted so far. */
  async *entries(): AsyncGenerator<CacheEntry> {
    const seen = new Set<string>();
    for (const slot of this.#byTruth) {
      for await (const entry of slot.entries()) {
        if (seen.has(entry.key) || slot.missed.covers(entry.key)) continue;
        seen.add(entry.key);
        yield this.#access.overlay(entry);
      }
    }
  }

  /** Removes expired entries from every tier and tells how many removals that were. */
  async cleanupExpired(): Promise<number> {
    this.#recoverDue();
    let removed = 0;
    for (const slot of this.slots) removed += await slot.sweep();
    return removed;
  }

  /** The first tier had no room for an entry that lower tiers keep. */
  noteEviction(entry: CacheEntry): void {
    this.#access.evicted(entry);
  }

  /** Writes accesses that the lower tiers do not know of yet. */
  flush(): Promise<void> {
    return this.#access.flush();
  }

  /** Waits for everything under way, writes what is written behind, and lets every tier catch up once more. */
  async settle(): Promise<void> {
    this.#coherence.stop();
    await this.#lock.idle();
    await this.#access.settle();
    await Promise.allSettled(this.slots.map((slot) => slot.catchUp()));
  }

  /** The value of a key is replaced or removed: what is kept of it beside the tiers is void. */
  #isOver(key: string): void {
    this.#access.forget(key);
    this.stale.forget(key);
    if (this.#loading.has(key)) this.#loading.set(key, false);
  }

  #allIsOver(): void {
    for (const key of this.#loading.keys()) this.#loading.set(key, false);
    this.#access.clear();
    this.stale.clear();
  }

  #recoverDue(): void {
    for (const slot of this.slots) if (slot.recoveryDue) void slot.recover();
  }
}
