import { CacheEntry, type MaybePromise } from '@pw/cache-models';
import { allOf, chain, isPromise } from '@pw/cache-models/tier';
import { type AccessBuffer, copyFor } from '../access/access-buffer.ts';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import { Yielder } from '../scheduling/yielder.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import type { Level } from './levels.ts';
import type { Staleness } from './staleness.ts';

/** How many reads of a synchronous tier take so little time that the event loop need not be checked in between. */
const MANY = 1024;

/** An entry and the tier that returned it. */
export interface Hit {
  readonly entry: CacheEntry;
  readonly tier: ManagedTier;
}

export interface StackReadsContext {
  readonly levels: readonly Level[];
  readonly mutex: KeyedMutex;
  readonly access: AccessBuffer;
  readonly staleness: Staleness;
  /** Notified when an entry was copied up into a tier after a hit below it. */
  readonly events: { promoted(tier: ManagedTier, key: string): void };
}

/**
 * Reads that count: they try the tiers from the first to the last, count the access, and copy a hit into the tiers
 * above while they hold the key's lock. Reads of the first tier take no lock: it is written under the lock, and returns
 * the value that was written last.
 */
export class StackReads {
  readonly #levels: readonly Level[];
  readonly #first: Level;
  readonly #staleness: Staleness;
  readonly #countdown: Staleness['countdown'];
  readonly #mutex: KeyedMutex;
  readonly #access: AccessBuffer;
  readonly #events: StackReadsContext['events'];

  /** Expects at least one tier. */
  constructor({ levels, mutex, access, events, staleness }: StackReadsContext) {
    this.#levels = levels;
    this.#first = levels[0]!;
    this.#staleness = staleness;
    this.#countdown = staleness.countdown;
    this.#mutex = mutex;
    this.#access = access;
    this.#events = events;
  }

  /**
   * Like `find`, without the tier. A hit in a first tier that counts accesses creates nothing and returns the tier's
   * own entry.
   */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    if (--this.#countdown.left < 0 && this.#staleness.isDueNow())
      return chain(this.#staleness.poll(), () => this.#get(key));
    return this.#get(key);
  }

  #get(key: string): MaybePromise<CacheEntry | undefined> {
    const first = this.#first;
    const entry = first.get(key);
    if (CacheEntry.isCacheEntry(entry)) return this.#counted(first, entry);
    return chain(this.#continueBelow(first, key, entry), (hit) => hit?.entry);
  }

  /** The live entry of a key from the highest tier that has it, copied into the tiers above. */
  find(key: string): MaybePromise<Hit | undefined> {
    return chain(this.#staleness.pollIfDue(), () => this.#continueBelow(this.#first, key, this.#first.get(key)));
  }

  /** Uses the entry from the first tier, or else continues with the tiers below it. */
  #continueBelow(
    first: Level,
    key: string,
    found: MaybePromise<CacheEntry | undefined>,
  ): MaybePromise<Hit | undefined> {
    return chain(found, (entry) => (entry === undefined ? this.#findBelow(key) : this.#hit(first, entry)));
  }

  /** Runs under the key's lock, so that a running write ends first, and no other begins until the copies are made. */
  #findBelow(key: string): MaybePromise<Hit | undefined> {
    this.#recoverDueTiers();
    return this.#mutex.run(key, (hasWaited) => {
      if (!hasWaited || !this.#hasArrived(key)) return this.#search(key, 1);
      // Not `find`: if the entry expired in this moment, `find` would wait for the lock that is held here.
      const first = this.#first;
      return chain(first.get(key), (entry) => (entry === undefined ? this.#search(key, 1) : this.#hit(first, entry)));
    });
  }

  /** True if another request copied the entry into the first tier while this one waited for the lock. */
  #hasArrived(key: string): boolean {
    const first = this.#first;
    return first.isSynchronous && first.peek(key) !== undefined;
  }

  #search(key: string, level: number): MaybePromise<Hit | undefined> {
    const below = this.#levels[level];
    if (below === undefined) return undefined;
    return chain(below.get(key), (entry) =>
      entry === undefined ? this.#search(key, level + 1) : this.#promote(below, entry, level),
    );
  }

  #promote(source: Level, found: CacheEntry, level: number): MaybePromise<Hit> {
    const entry = this.#access.countHit(found, source, source.now());
    const hit = { entry, tier: source.answeredBy(entry.key) };
    return chain(this.#copyUp(entry, level - 1), () => hit);
  }

  /** From the bottom up, so that the copy that is read first is made when the lock is about to be released. */
  #copyUp(entry: CacheEntry, level: number): MaybePromise<void> {
    const above = this.#levels[level];
    if (above === undefined) return undefined;
    return chain(above.store(copyFor(above, entry)), ({ stored }) => {
      for (const [i, tier] of above.tiers.entries()) if (stored[i] === true) this.#events.promoted(tier, entry.key);
      return this.#copyUp(entry, level - 1);
    });
  }

  /**
   * The results of `find` for several keys, in order. Each tier below the first one gets the keys that no tier above it
   * has in one call. A key that occurs twice is found twice.
   */
  async findMany(keys: readonly string[]): Promise<(Hit | undefined)[]> {
    await this.#staleness.pollIfDue();
    const results: (Hit | undefined)[] = [];
    const left = await this.#findManyInFirst(keys, results);
    if (left.size === 0) return results;
    this.#recoverDueTiers();
    const hits = new Map<string, Hit>();
    await this.#mutex.runAll([...left], () => this.#searchMany([...left], hits));
    const all = keys.map((key, i): MaybePromise<Hit | undefined> => {
      if (results[i] !== undefined) return results[i];
      return left.delete(key) ? hits.get(key) : this.find(key);
    });
    return allOf(all);
  }

  /** Sets the results that the first tier has, and returns the keys that it does not have. */
  async #findManyInFirst(keys: readonly string[], results: (Hit | undefined)[]): Promise<Set<string>> {
    const first = this.#first;
    const missing = new Set<string>();
    const yielder = new Yielder();
    const found = first.isSynchronous ? undefined : await first.getMany([...new Set(keys)]);
    const entries = found && new Map(found.map((entry) => [entry?.key, entry]));
    for (const key of keys) {
      // A key that was not found is not looked for twice: by then it may have been copied into this tier.
      const isKnown = missing.size > 0 && missing.has(key);
      const answer = isKnown ? undefined : entries === undefined ? first.get(key) : entries.get(key);
      const entry = isPromise(answer) ? await answer : answer;
      if (entry === undefined) missing.add(key);
      results.push(entry && this.#hit(first, entry));
      if (results.length % MANY === 0 && yielder.isDue()) await yielder.yield();
    }
    return missing;
  }

  /** Adds the hits of the tiers below the first one. */
  async #searchMany(keys: readonly string[], hits: Map<string, Hit>): Promise<void> {
    const yielder = new Yielder();
    let left: readonly string[] = keys;
    // Another request may have copied an entry into the first tier while this one waited for the locks.
    const arrived = left.filter((key) => this.#hasArrived(key));
    for (const key of arrived) {
      const entry = await this.#first.get(key);
      if (entry !== undefined) hits.set(key, this.#hit(this.#first, entry));
    }
    for (const [level, below] of this.#levels.entries()) {
      left = left.filter((key) => !hits.has(key));
      if (level === 0 || left.length === 0) continue;
      const found = await below.getMany(left);
      for (const [i, entry] of found.entries()) {
        if (entry === undefined) continue;
        hits.set(left[i]!, await this.#promote(below, entry, level));
        if (yielder.isDue()) await yielder.yield();
      }
    }
  }

  #hit(level: Level, found: CacheEntry): Hit {
    return { entry: this.#counted(level, found), tier: level.answeredBy(found.key) };
  }

  /** Counts an access, unless the level already has, and records it to be written behind. */
  #counted(level: Level, found: CacheEntry): CacheEntry {
    if (!level.countsAccesses) return this.#access.countHit(found, level, level.now());
    this.#access.recordHit(found);
    return found;
  }

  #recoverDueTiers(): void {
    for (const level of this.#levels) level.recoverIfDue();
  }
}
