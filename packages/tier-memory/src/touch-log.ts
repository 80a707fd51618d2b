import type { AccessUpdate, CacheEntry, TouchedEntries } from '@pw/cache-models';
import type { EntryStore } from './entry-store.ts';
import { NONE } from './cell-table.ts';

const FIRST_CAPACITY = 1024;

/**
 * Which slots were touched and not yet taken: a mark a slot, and the slots in the order in which they were marked. A mark
 * costs a touch next to nothing; what was counted stands in the entry.
 *
 * Invariants: a marked slot holds an entry and is in the list. A slot in the list may be unmarked by now, and one that was
 * emptied and marked again stands there twice.
 */
export class TouchLog implements TouchedEntries {
  /** The store of now: a cleared tier begins a new one. */
  readonly #store: () => EntryStore;
  #marks = new Uint8Array(FIRST_CAPACITY);
  #slots: number[] = [];
  /** Of entries that are not in the store any more. */
  readonly #gone = new Map<string, AccessUpdate>();

  constructor(store: () => EntryStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#gone.size + this.#slots.length;
  }

  of(key: string): AccessUpdate | undefined {
    const slot = this.#store().find(key);
    if (slot === NONE || this.#marks[slot] !== 1) return this.#gone.get(key);
    return newer(presentUpdate(this.#store().entryAt(slot)), this.#gone.get(key));
  }

  take(limit: number): AccessUpdate[] {
    const taken: AccessUpdate[] = [];
    let looked = 0;
    for (; looked < this.#slots.length && taken.length < limit; looked++) {
      const slot = this.#slots[looked]!;
      if (this.#marks[slot] !== 1) continue;
      this.#marks[slot] = 0;
      const update = presentUpdate(this.#store().entryAt(slot));
      taken.push(newer(update, this.#gone.get(update.key)));
      this.#gone.delete(update.key);
    }
    this.#slots.splice(0, looked);
    for (const update of this.#gone.values()) {
      if (taken.length >= limit) break;
      taken.push(update);
      this.#gone.delete(update.key);
    }
    return taken;
  }

  forget(key?: string): void {
    if (key === undefined) this.#forgetAll();
    else {
      const slot = this.#store().find(key);
      if (this.#marks[slot] === 1) this.#marks[slot] = 0;
      if (this.#gone.size > 0) this.#gone.delete(key);
    }
  }

  /** The entry of a slot was touched. */
  mark(slot: number): void {
    if (this.#marks[slot] !== 1) this.#add(slot);
  }

  /** A slot is about to be emptied, or to get another entry. */
  leave(slot: number): void {
    if (this.#marks[slot] !== 1) return;
    this.#marks[slot] = 0;
    this.#goes(this.#store().entryAt(slot));
  }

  /** All slots are about to be emptied. */
  leaveAll(): void {
    for (const slot of this.#slots) this.leave(slot);
    this.#slots = [];
  }

  #goes({ key, accessCount, lastAccessed }: CacheEntry): void {
    // Whether it goes for want of room is for others to say.
    this.#gone.set(key, newer({ key, accessCount, lastAccessed }, this.#gone.get(key)));
  }

  #forgetAll(): void {
    this.#marks.fill(0);
    this.#slots = [];
    this.#gone.clear();
  }

  #add(slot: number): void {
    if (slot >= this.#marks.length) {
      const marks = new Uint8Array(slot * 2);
      marks.set(this.#marks);
      this.#marks = marks;
    }
    this.#marks[slot] = 1;
    this.#slots.push(slot);
  }
}

/** An entry that is here was not evicted from here. */
function presentUpdate({ key, accessCount, lastAccessed }: CacheEntry): AccessUpdate {
  return { key, accessCount, lastAccessed, evictedFromL1: false };
}

/** An entry that went may have come back as others know it, with fewer accesses: neither a count nor a time goes back. */
function newer(update: AccessUpdate, before: AccessUpdate | undefined): AccessUpdate {
  if (before === undefined) return update;
  const accessCount = Math.max(update.accessCount, before.accessCount);
  return { ...update, accessCount, lastAccessed: Math.max(update.lastAccessed, before.lastAccessed) };
}
