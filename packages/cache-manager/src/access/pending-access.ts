import type { CacheEntry } from '@pw/cache-models';
import { type AccessUpdate, addHits } from '@pw/cache-models/tier';

/**
 * The accesses of a key that at least one tier has not received yet.
 *
 * `#hits` is the same for all tiers. A tier that has received some of them, because it counted them itself, or got them
 * with a write, has their number in `#received`. So each hit is added to each tier exactly once, however often the
 * write to one of them fails.
 *
 * Hits of an entry that the first tier counts are not counted here: they are the difference between the entry's count
 * and `#counted`.
 */
export class PendingAccess {
  #hits = 0;
  #lastAccessed = Number.NEGATIVE_INFINITY;
  #evictedFromL1: boolean | undefined;
  /** By level: how many of the hits the tier has. */
  readonly #received: number[] = [];
  /** By level: true if the tier has everything, including the time and the mark. */
  readonly #isComplete: boolean[] = [];
  #entry: CacheEntry | undefined;
  /** The count of `#entry` up to which its hits are in `#hits`. */
  #counted = 0;

  /** The entry whose further hits are counted by the first tier. */
  get entry(): CacheEntry | undefined {
    return this.#entry;
  }

  get evictedFromL1(): boolean | undefined {
    return this.#evictedFromL1;
  }

  get hits(): number {
    return this.#entry === undefined ? this.#hits : addHits(this.#hits, this.#uncounted(this.#entry));
  }

  get lastAccessed(): number {
    return this.#entry === undefined ? this.#lastAccessed : later(this.#lastAccessed, this.#entry.lastAccessed);
  }

  /** The hits that the tier of a level has not received. */
  hitsFor(level: number): number {
    return Math.max(0, this.hits - (this.#received[level] ?? 0));
  }

  /** Records one hit. The entry is no longer evicted from the first tier. */
  addHit(lastAccessed: number): void {
    this.#hits = addHits(this.#hits, 1);
    this.noteAccess(lastAccessed, false);
  }

  /** Records the time of an access, and whether the first tier has evicted the entry. */
  noteAccess(lastAccessed: number, evictedFromL1: boolean | undefined): void {
    this.#lastAccessed = later(this.#lastAccessed, lastAccessed);
    this.#evictedFromL1 = evictedFromL1 ?? this.#evictedFromL1;
    this.#isComplete.length = 0;
  }

  /** From now on, the hits that the first tier counts in this entry count here too. */
  follow(entry: CacheEntry): void {
    this.unfollow();
    this.#entry = entry;
    this.#counted = entry.accessCount;
    this.#isComplete.length = 0;
  }

  /** Ends that. */
  unfollow(): void {
    const { hits, lastAccessed } = this;
    this.#hits = hits;
    this.#lastAccessed = lastAccessed;
    this.#entry = undefined;
  }

  /** Notes that the tier of a level has one more of the hits, which it has counted itself. */
  countedBy(level: number): void {
    this.#received[level] = (this.#received[level] ?? 0) + 1;
  }

  /** Notes that the tier of a level has everything. */
  receivedBy(level: number): void {
    this.#received[level] = this.hits;
    this.#isComplete[level] = true;
  }

  /** Notes that the tier of a level has the first of the hits, up to a number. */
  receivedUpTo(level: number, hits: number): void {
    this.#received[level] = Math.max(this.#received[level] ?? 0, hits);
  }

  /** Notes that a tier does not have some of the hits after all. */
  notReceivedBy(level: number, hits: number): void {
    this.#received[level] = Math.max(0, (this.#received[level] ?? 0) - hits);
    this.#isComplete[level] = false;
  }

  isCompleteAt(level: number): boolean {
    // The entry that is followed may have been accessed since.
    return this.#isComplete[level] === true && this.hitsFor(level) === 0;
  }

  /** What the tier of a level has not received; `undefined` if there is nothing that a tier can store. */
  updateFor(key: string, level: number): AccessUpdate | undefined {
    const { lastAccessed } = this;
    // The entry of a tier that restores records unchecked may have any time. An update that a tier refuses would cost
    // the others of its batch.
    if (this.isCompleteAt(level) || !Number.isFinite(lastAccessed)) return undefined;
    return { key, hits: this.hitsFor(level), lastAccessed, evictedFromL1: this.#evictedFromL1 };
  }

  /** Adds older accesses of the same key. */
  addOlder(older: PendingAccess, levels: Iterable<number>): void {
    for (const level of levels) this.#received[level] = (this.#received[level] ?? 0) + (older.#received[level] ?? 0);
    this.#hits = addHits(this.#hits, older.hits);
    this.#evictedFromL1 ??= older.#evictedFromL1;
    this.#lastAccessed = later(this.#lastAccessed, older.lastAccessed);
    this.#isComplete.length = 0;
  }

  #uncounted(entry: CacheEntry): number {
    const hits = entry.accessCount - this.#counted;
    // The entry of a tier that restores records unchecked may have any count.
    return Number.isSafeInteger(hits) && hits > 0 ? hits : 0;
  }
}

/** The later of two times; a time that is not a number is never later. */
function later(time: number, other: number): number {
  return Number.isNaN(other) ? time : Math.max(time, other);
}
