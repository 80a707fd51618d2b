import { grow, roomFor } from './grow.ts';
import type { SlotId } from './record-id.ts';

/** A binary heap of slots that knows where each one lies, so that any of them moves or leaves in logarithmic time. */
export class IdHeap {
  #ids = new Int32Array(0);
  #count = 0;
  /** Where each slot lies, plus one; 0 for one that is not in the heap. */
  #places = new Int32Array(0);
  readonly #isBefore: (a: SlotId, b: SlotId) => boolean;

  constructor(isBefore: (a: SlotId, b: SlotId) => boolean) {
    this.#isBefore = isBefore;
  }

  /** Makes a heap of many at once, in linear time. */
  static of(ids: Iterable<SlotId>, isBefore: (a: SlotId, b: SlotId) => boolean): IdHeap {
    const heap = new IdHeap(isBefore);
    for (const id of ids) heap.#append(id);
    for (let at = (heap.#count >> 1) - 1; at >= 0; at--) heap.#down(heap.#ids[at]!, at);
    return heap;
  }

  get first(): SlotId | undefined {
    return this.#count === 0 ? undefined : this.#ids[0];
  }

  add(id: SlotId): void {
    this.#append(id);
    this.#up(id, this.#count - 1);
  }

  remove(id: SlotId): void {
    const at = this.#placeOf(id);
    if (at < 0) return;
    const last = this.#ids[--this.#count]!;
    this.#places[id] = 0;
    if (last !== id) this.#down(last, this.#up(last, at));
  }

  /** The slot's rank changed. */
  moved(id: SlotId): void {
    const at = this.#placeOf(id);
    if (at >= 0) this.#down(id, this.#up(id, at));
  }

  /** How many hold `test`; costs their number only, since `test` must follow the order. */
  countWhile(test: (id: SlotId) => boolean): number {
    let count = 0;
    const pending = [0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (at >= this.#count || !test(this.#ids[at]!)) continue;
      count++;
      pending.push(2 * at + 1, 2 * at + 2);
    }
    return count;
  }

  #placeOf(id: SlotId): number {
    return id < this.#places.length ? this.#places[id]! - 1 : -1;
  }

  #append(id: SlotId): void {
    if (this.#count === this.#ids.length) this.#ids = grow(this.#ids, roomFor(this.#count + 1, this.#count));
    if (id >= this.#places.length) this.#places = grow(this.#places, roomFor(id + 1, this.#places.length));
    this.#place(id, this.#count++);
  }

  #up(id: SlotId, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#ids[parent]!;
      if (!this.#isBefore(id, above)) break;
      this.#place(above, at);
      at = parent;
    }
    this.#place(id, at);
    return at;
  }

  #down(id: SlotId, from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#isBefore(this.#ids[child + 1]!, this.#ids[child]!)) child++;
      const below = this.#ids[child]!;
      if (!this.#isBefore(below, id)) break;
      this.#place(below, at);
      at = child;
    }
    this.#place(id, at);
  }

  #place(id: SlotId, at: number): void {
    this.#ids[at] = id;
    this.#places[id] = at + 1;
  }
}
