import { capacityFor, grow } from './grow.ts';
import type { RecordId } from './record-id.ts';

/**
 * A binary heap of record ids that tracks the position of each, so that any of them can move or leave in logarithmic
 * time.
 */
export class IdHeap {
  #ids = new Int32Array(0);
  #count = 0;
  /** The position of each id plus one; 0 for ids that are not in the heap. */
  #positions = new Int32Array(0);
  readonly #isBefore: (a: RecordId, b: RecordId) => boolean;

  constructor(isBefore: (a: RecordId, b: RecordId) => boolean) {
    this.#isBefore = isBefore;
  }

  /** Builds a heap in linear time. */
  static of(ids: Iterable<RecordId>, isBefore: (a: RecordId, b: RecordId) => boolean): IdHeap {
    const heap = new IdHeap(isBefore);
    for (const id of ids) heap.#append(id);
    for (let at = (heap.#count >> 1) - 1; at >= 0; at--) heap.#down(heap.#ids[at]!, at);
    return heap;
  }

  get first(): RecordId | undefined {
    return this.#count === 0 ? undefined : this.#ids[0];
  }

  add(id: RecordId): void {
    this.#append(id);
    this.#up(id, this.#count - 1);
  }

  remove(id: RecordId): void {
    const at = this.#positionOf(id);
    if (at < 0) return;
    const last = this.#ids[--this.#count]!;
    this.#positions[id] = 0;
    if (last !== id) this.#down(last, this.#up(last, at));
  }

  /** Restores the heap after a change of the rank of an id. */
  moved(id: RecordId): void {
    const at = this.#positionOf(id);
    if (at >= 0) this.#down(id, this.#up(id, at));
  }

  /**
   * How many ids satisfy `test`, which must be monotonic in the order of the heap: the cost depends only on that
   * number.
   */
  countWhile(test: (id: RecordId) => boolean): number {
    let count = 0;
    const pending = [0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (at >= this.#count || !test(this.#ids[at]!)) continue;
      count++;
      pending.push(2 * at + 1, 2 * at + 2);
    }
    return count;
  }

  /** An id that satisfies `test`, as in `countWhile`, and `isRight`; not necessarily the first one of them. */
  findWhile(test: (id: RecordId) => boolean, isRight: (id: RecordId) => boolean): RecordId | undefined {
    const pending = [0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (at >= this.#count || !test(this.#ids[at]!)) continue;
      if (isRight(this.#ids[at]!)) return this.#ids[at];
      pending.push(2 * at + 1, 2 * at + 2);
    }
    return undefined;
  }

  #positionOf(id: RecordId): number {
    return id < this.#positions.length ? this.#positions[id]! - 1 : -1;
  }

  #append(id: RecordId): void {
    if (this.#count === this.#ids.length) this.#ids = grow(this.#ids, capacityFor(this.#count + 1, this.#count));
    if (id >= this.#positions.length)
      this.#positions = grow(this.#positions, capacityFor(id + 1, this.#positions.length));
    this.#putAt(id, this.#count++);
  }

  #up(id: RecordId, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#ids[parent]!;
      if (!this.#isBefore(id, above)) break;
      this.#putAt(above, at);
      at = parent;
    }
    this.#putAt(id, at);
    return at;
  }

  #down(id: RecordId, from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#isBefore(this.#ids[child + 1]!, this.#ids[child]!)) child++;
      const below = this.#ids[child]!;
      if (!this.#isBefore(below, id)) break;
      this.#putAt(below, at);
      at = child;
    }
    this.#putAt(id, at);
  }

  #putAt(id: RecordId, at: number): void {
    this.#ids[at] = id;
    this.#positions[id] = at + 1;
  }
}
