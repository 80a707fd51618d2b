import { EvictionPolicy } from '@pw/cache-models';
import type { Slot, SlotFacts } from './slot.ts';
import { SlotHeap } from './slot-heap.ts';

/**
 * Who has to go when the tier is full. While the files are read for the first time slots only gather; `settle` then
 * ranks them by what their records say, and from there on the order follows what happens.
 */
export class EvictionOrder {
  readonly #policy: EvictionPolicy;
  readonly #heap: SlotHeap;
  /** Slots of our own puts that room has not been made for yet: no candidates. */
  readonly #held = new Set<Slot>();
  #gathered: Slot[] | undefined = [];
  #clock = 0;

  constructor(policy: EvictionPolicy) {
    this.#policy = policy;
    const byStamp = (a: Slot, b: Slot) => a.stamp < b.stamp;
    const byUses = (a: Slot, b: Slot) => (a.uses === b.uses ? a.stamp < b.stamp : a.uses < b.uses);
    this.#heap = new SlotHeap('orderAt', policy === EvictionPolicy.LFU ? byUses : byStamp);
  }

  get heldCount(): number {
    return this.#held.size;
  }

  isHeld(slot: Slot): boolean {
    return this.#held.has(slot);
  }

  get victim(): Slot | undefined {
    return this.#heap.first;
  }

  /** A new key of our own, which waits for `admit`. */
  hold(slot: Slot, facts: SlotFacts): void {
    slot.uses = 1 + facts.accessCount;
    this.#held.add(slot);
  }

  /** Room is made for a slot, or it needed none: it is the latest use. */
  admit(slot: Slot): void {
    if (this.#held.delete(slot)) {
      slot.stamp = ++this.#clock;
      this.#heap.add(slot);
    } else this.#restamp(slot);
  }

  /** A key that was read from a file: `before` is its slot until then, whose rank it keeps. */
  found(slot: Slot, facts: SlotFacts, before?: Slot): void {
    slot.uses = before?.uses ?? 1 + facts.accessCount;
    if (this.#gathered !== undefined) {
      this.#rankByRecord(slot, facts);
      this.#gathered.push(slot);
      return;
    }
    slot.stamp = before?.stamp || ++this.#clock;
    this.#heap.add(slot);
  }

  /** A newer line of a key. */
  replaced(slot: Slot, facts: SlotFacts): void {
    if (this.#gathered !== undefined) this.#rankByRecord(slot, facts);
    else this.used(slot, facts.accessCount);
  }

  /** A read, or a new value; `accessCount` is what the record says of itself. */
  used(slot: Slot, accessCount = 0): void {
    slot.uses = Math.max(slot.uses + 1, 1 + accessCount);
    this.#restamp(slot);
  }

  removed(slot: Slot): void {
    this.#held.delete(slot);
    this.#heap.remove(slot);
  }

  /** Ranks what was gathered; slots that left since have no place in a list. */
  settle(): void {
    const slots = (this.#gathered ?? []).filter((slot) => slot.listAt >= 0).sort((a, b) => a.stamp - b.stamp);
    this.#gathered = undefined;
    for (const slot of slots) {
      slot.stamp = ++this.#clock;
      this.#heap.add(slot);
    }
  }

  #rankByRecord(slot: Slot, facts: SlotFacts): void {
    slot.uses = 1 + facts.accessCount;
    slot.stamp = this.#policy === EvictionPolicy.FIFO ? facts.fetchTime : facts.lastAccessed;
  }

  #restamp(slot: Slot): void {
    if (this.#policy !== EvictionPolicy.FIFO && this.#gathered === undefined && !this.#held.has(slot))
      slot.stamp = ++this.#clock;
    this.#heap.moved(slot);
  }
}
