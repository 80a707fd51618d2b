import type { EvictionPolicy } from '@pw/cache-models';
import { EvictionOrder } from './eviction-order.ts';
import type { Place } from './place.ts';
import type { Slot, SlotFacts } from './slot.ts';
import { SlotHeap } from './slot-heap.ts';

interface ShardSlots {
  readonly slots: Slot[];
  bytes: number;
}

/**
 * Every key's newest line: one Map for all shards, so that a read neither hashes nor searches, with the slots of each
 * shard, their expiry and, for a tier with a limit, the eviction order.
 */
export class SlotIndex {
  readonly #slots = new Map<string, Slot>();
  readonly #shards: ShardSlots[] = [];
  readonly #expiry = new SlotHeap('expiryAt', (a, b) => a.expiresAt < b.expiresAt);
  readonly #order: EvictionOrder | undefined;

  /** Without a policy no order is kept. */
  constructor(policy: EvictionPolicy | undefined) {
    this.#order = policy === undefined ? undefined : new EvictionOrder(policy);
  }

  /** True if the facts of a record beyond its expiry are wanted. */
  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  get(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  values(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  slotsOf(shard: number): readonly Slot[] {
    return this.#shard(shard).slots;
  }

  /** Bytes of a shard's indexed lines, newlines included. */
  bytesOf(shard: number): number {
    return this.#shard(shard).bytes;
  }

  /** A key that a file was found to hold; `before` is its slot until then, if there was one. */
  add(key: string, shard: number, place: Place, facts: SlotFacts, before?: Slot): void {
    const slot = this.#insert(key, shard, place, facts);
    this.#order?.found(slot, facts, before);
  }

  /** A new key of our own: nothing evicts it before `admit`. */
  addOwn(key: string, shard: number, place: Place, facts: SlotFacts): Slot {
    const slot = this.#insert(key, shard, place, facts);
    this.#order?.hold(slot, facts);
    return slot;
  }

  /** Gives a key its newer line; `isUse` if that is a use of it. */
  replace(slot: Slot, shard: number, place: Place, facts: SlotFacts, isUse: boolean): void {
    this.#leave(slot);
    slot.shard = shard;
    slot.offset = place.offset;
    slot.length = place.length;
    slot.sum = 0;
    this.#join(slot);
    slot.expiresAt = facts.expiresAt;
    this.#expiry.moved(slot);
    if (isUse) this.#order?.replaced(slot, facts);
  }

  remove(slot: Slot): void {
    this.#slots.delete(slot.key);
    this.#leave(slot);
    this.#expiry.remove(slot);
    this.#order?.removed(slot);
  }

  /** Forgets a shard's slots, and gives them back by key where an order is kept, to keep their rank. */
  removeShard(shard: number): Map<string, Slot> | undefined {
    const gone = this.#order === undefined ? undefined : new Map<string, Slot>();
    for (const slot of [...this.slotsOf(shard)]) {
      this.remove(slot);
      gone?.set(slot.key, slot);
    }
    return gone;
  }

  /** Notes a read; `accessCount` where it is known from outside. */
  used(slot: Slot, accessCount?: number): void {
    this.#order?.used(slot, accessCount);
  }

  /** How many slots compete for room: all but those that wait for it. */
  get admittedCount(): number {
    return this.#slots.size - (this.#order?.heldCount ?? 0);
  }

  /** True for a new key of our own that waits for room. */
  isHeld(key: string): boolean {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.#order?.isHeld(slot) === true;
  }

  /** A slot of our own has its room. */
  admit(slot: Slot): void {
    this.#order?.admit(slot);
  }

  /** All files are read: the order counts from here. */
  settle(): void {
    this.#order?.settle();
  }

  /** Which entry goes first: an expired one if there is any. */
  victim(now: number): Slot | undefined {
    const soonest = this.#expiry.first;
    return soonest !== undefined && now >= soonest.expiresAt ? soonest : this.#order?.victim;
  }

  /** Number of entries not expired; costs the number of expired ones. */
  liveCount(now: number): number {
    let expired = 0;
    this.#expiry.visitWhile(
      (slot) => now >= slot.expiresAt,
      () => expired++,
    );
    return this.#slots.size - expired;
  }

  #insert(key: string, shard: number, { offset, length }: Place, { expiresAt }: SlotFacts): Slot {
    const slot = {
      ...{ key, shard, offset, length, expiresAt, sum: 0 },
      ...{ uses: 0, stamp: 0, listAt: -1, expiryAt: -1, orderAt: -1 },
    };
    this.#slots.set(key, slot);
    this.#join(slot);
    this.#expiry.add(slot);
    return slot;
  }

  #shard(shard: number): ShardSlots {
    const own = this.#shards[shard] ?? { slots: [], bytes: 0 };
    this.#shards[shard] = own;
    return own;
  }

  #join(slot: Slot): void {
    const own = this.#shard(slot.shard);
    slot.listAt = own.slots.push(slot) - 1;
    own.bytes += slot.length + 1;
  }

  #leave(slot: Slot): void {
    const own = this.#shard(slot.shard);
    const last = own.slots.pop()!;
    if (last !== slot) {
      own.slots[slot.listAt] = last;
      last.listAt = slot.listAt;
    }
    slot.listAt = -1;
    own.bytes -= slot.length + 1;
  }
}
