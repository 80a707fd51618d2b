import type { Slot } from './slot.ts';

/** A binary heap of slots that knows where each one lies, so that any of them moves or leaves in logarithmic time. */
export class SlotHeap {
  readonly #slots: Slot[] = [];
  readonly #position: 'expiryAt' | 'orderAt';
  readonly #isBefore: (a: Slot, b: Slot) => boolean;

  constructor(position: 'expiryAt' | 'orderAt', isBefore: (a: Slot, b: Slot) => boolean) {
    this.#position = position;
    this.#isBefore = isBefore;
  }

  get first(): Slot | undefined {
    return this.#slots[0];
  }

  add(slot: Slot): void {
    this.#slots.push(slot);
    this.#up(slot, this.#slots.length - 1);
  }

  remove(slot: Slot): void {
    const at = slot[this.#position];
    if (at < 0) return;
    const last = this.#slots.pop()!;
    slot[this.#position] = -1;
    if (last === slot) return;
    this.#down(last, this.#up(last, at));
  }

  /** The slot's rank changed. */
  moved(slot: Slot): void {
    if (slot[this.#position] >= 0) this.#down(slot, this.#up(slot, slot[this.#position]));
  }

  /** Calls `visit` for every slot for which `test` holds; costs their number only, since `test` must follow the order. */
  visitWhile(test: (slot: Slot) => boolean, visit: (slot: Slot) => void): void {
    const pending = [0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const slot = this.#slots[at];
      if (slot === undefined || !test(slot)) continue;
      visit(slot);
      pending.push(2 * at + 1, 2 * at + 2);
    }
  }

  #up(slot: Slot, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#slots[parent]!;
      if (!this.#isBefore(slot, above)) break;
      this.#place(above, at);
      at = parent;
    }
    this.#place(slot, at);
    return at;
  }

  #down(slot: Slot, from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#slots.length) break;
      if (child + 1 < this.#slots.length && this.#isBefore(this.#slots[child + 1]!, this.#slots[child]!)) child++;
      const below = this.#slots[child]!;
      if (!this.#isBefore(below, slot)) break;
      this.#place(below, at);
      at = child;
    }
    this.#place(slot, at);
  }

  #place(slot: Slot, at: number): void {
    this.#slots[at] = slot;
    slot[this.#position] = at;
  }
}
