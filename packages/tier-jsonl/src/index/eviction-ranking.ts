import { EvictionPolicy } from '@pw/cache-models';
import { capacityFor, grow } from './grow.ts';
import { IdHeap } from './id-heap.ts';
import type { RecordFacts, RecordId } from './record-id.ts';

/**
 * Uses so far (lfu), then a stamp that grows with each use (lru, lfu) or new key (fifo): the smallest is evicted first.
 */
export interface Rank {
  readonly uses: number;
  readonly stamp: number;
}

/**
 * Decides which record to evict next. It is *gathering* while the files are read for the first time: records are ranked
 * by their own metadata, and the heap is empty. After `settle`, each use changes the ranks. A new key of our own is
 * *pending* from `addPending` until `admit`: it has a rank but is not a candidate, so an entry that was just put never
 * evicts itself.
 */
export class EvictionRanking {
  readonly #policy: EvictionPolicy;
  readonly #heap: IdHeap;
  #uses = new Float64Array(0);
  #stamp = new Float64Array(0);
  /** New keys of our own for which no room was made yet; they are not candidates. */
  readonly #pending = new Set<RecordId>();
  /** Records that must stay for now; they are not candidates. */
  readonly #held = new Set<RecordId>();
  #isGathering = true;
  #clock = 0;

  constructor(policy: EvictionPolicy) {
    this.#policy = policy;
    this.#heap = new IdHeap(
      policy === EvictionPolicy.LFU
        ? (a, b) => this.#uses[a]! < this.#uses[b]! || (this.#uses[a] === this.#uses[b] && this.#isOlder(a, b))
        : (a, b) => this.#isOlder(a, b),
    );
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  isPending(id: RecordId): boolean {
    return this.#pending.has(id);
  }

  get victim(): RecordId | undefined {
    return this.#heap.first;
  }

  rankOf(id: RecordId): Rank {
    return { uses: this.#uses[id]!, stamp: this.#stamp[id]! };
  }

  get hasHeld(): boolean {
    return this.#held.size > 0;
  }

  isHeld(id: RecordId): boolean {
    return this.#held.has(id);
  }

  /** Makes a record no candidate until `releaseHeld`. */
  hold(id: RecordId): void {
    this.#held.add(id);
    this.#heap.remove(id);
  }

  /** Makes all records that were held candidates again. */
  releaseHeld(): void {
    for (const id of this.#held) this.#heap.add(id);
    this.#held.clear();
  }

  /** Adds a new key of our own, which waits for `admit`. */
  addPending(id: RecordId, facts: RecordFacts): void {
    this.#rank(id, 1 + facts.accessCount, 0);
    this.#pending.add(id);
  }

  /** Makes a pending record a candidate, as the most recently used; a record that was not pending counts as used. */
  admit(id: RecordId): void {
    if (this.#pending.delete(id)) {
      this.#stamp[id] = ++this.#clock;
      this.#heap.add(id);
    } else this.#restamp(id);
  }

  /**
   * Adds a key that was read from a file. It keeps its rank from before the file was re-read, `before`, if it had one.
   */
  found(id: RecordId, facts: RecordFacts, before?: Rank): void {
    if (this.#isGathering) {
      this.#rankByRecord(id, facts);
      return;
    }
    this.#rank(id, before?.uses ?? 1 + facts.accessCount, before?.stamp || ++this.#clock);
    this.#heap.add(id);
  }

  /** Ranks a newer line of a key. */
  replaced(id: RecordId, facts: RecordFacts): void {
    if (this.#isGathering) this.#rankByRecord(id, facts);
    else {
      this.used(id);
      this.#uses[id] = Math.max(this.#uses[id]!, 1 + facts.accessCount);
    }
  }

  /** Counts a read or a new value; `hits` reads if they were counted elsewhere, but at least one. */
  used(id: RecordId, hits = 1): void {
    this.#uses[id] = this.#uses[id]! + Math.max(1, hits);
    this.#restamp(id);
  }

  removed(id: RecordId): void {
    this.#pending.delete(id);
    this.#held.delete(id);
    this.#heap.remove(id);
  }

  /** Ends the gathering and ranks all records; `ids` are all ids in use. */
  settle(ids: Iterable<RecordId>): void {
    this.#isGathering = false;
    for (const id of [...ids].sort((a, b) => this.#stamp[a]! - this.#stamp[b]!)) {
      this.#stamp[id] = ++this.#clock;
      this.#heap.add(id);
    }
  }

  #isOlder(a: RecordId, b: RecordId): boolean {
    return this.#stamp[a]! < this.#stamp[b]!;
  }

  #rankByRecord(id: RecordId, facts: RecordFacts): void {
    this.#rank(id, 1 + facts.accessCount, this.#policy === EvictionPolicy.FIFO ? facts.fetchTime : facts.lastAccessed);
  }

  #rank(id: RecordId, uses: number, stamp: number): void {
    if (id >= this.#uses.length) {
      const capacity = capacityFor(id + 1, this.#uses.length);
      this.#uses = grow(this.#uses, capacity);
      this.#stamp = grow(this.#stamp, capacity);
    }
    this.#uses[id] = uses;
    this.#stamp[id] = stamp;
  }

  #restamp(id: RecordId): void {
    if (this.#policy !== EvictionPolicy.FIFO && !this.#isGathering && !this.#pending.has(id))
      this.#stamp[id] = ++this.#clock;
    this.#heap.moved(id);
  }
}
