import { grow, roomFor } from './grow.ts';
import type { PlaceOfLines } from './place.ts';

/** Places in columns: where every other line of a file is damaged, or none of ours, an object for each took longer than to read them. */
export class PlaceList implements Iterable<PlaceOfLines> {
  #offset = new Float64Array(0);
  /** A damaged line may be as long as a file. */
  #size = new Float64Array(0);
  #lines = new Int32Array(0);
  #length = 0;
  #isInOrder = true;

  get length(): number {
    return this.#length;
  }

  /** True if the offsets ascend. */
  get isInOrder(): boolean {
    return this.#isInOrder;
  }

  add(offset: number, length: number, lines = 1): void {
    const at = this.#length++;
    if (at === this.#offset.length) this.#makeRoom(at + 1);
    if (at > 0 && offset < this.#offset[at - 1]!) this.#isInOrder = false;
    this.#offset[at] = offset;
    this.#size[at] = length;
    this.#lines[at] = lines;
  }

  /** The places from a number on. */
  from(first: number): PlaceList {
    const list = new PlaceList();
    list.#offset = this.#offset.slice(first, this.#length);
    list.#size = this.#size.slice(first, this.#length);
    list.#lines = this.#lines.slice(first, this.#length);
    list.#length = list.#offset.length;
    list.#isInOrder = this.#isInOrder;
    return list;
  }

  *[Symbol.iterator](): Generator<PlaceOfLines, void> {
    for (let at = 0; at < this.#length; at++)
      yield { offset: this.#offset[at]!, length: this.#size[at]!, lines: this.#lines[at]! };
  }

  #makeRoom(needed: number): void {
    const room = roomFor(needed, this.#offset.length);
    this.#offset = grow(this.#offset, room);
    this.#size = grow(this.#size, room);
    this.#lines = grow(this.#lines, room);
  }
}
