import { grow, roomFor } from './grow.ts';
import type { Place } from './place.ts';
import { NO_SLOT, type SlotId } from './slot.ts';

/** The shard of a slot that is free. */
const ABSENT = 0xffff;

/** Places of lines and when their records expire, in the same order. */
export interface PlaceList {
  readonly expiresAt: Float64Array;
  readonly offset: Float64Array;
  readonly length: Uint32Array;
}

interface ShardList {
  first: SlotId;
  count: number;
  /** Of the indexed lines, newlines included. */
  bytes: number;
}

/**
 * What is known of each slot, a flat array for each fact, and which slots a shard has. Ids are given out again: the free
 * ones form a list, and so do those of each shard.
 */
export class SlotColumns {
  offset = new Float64Array(0);
  length = new Uint32Array(0);
  expiresAt = new Float64Array(0);
  /** CRC-32 of the line's bytes as they were when its values were found to fit their checksum; 0 before that. */
  sum = new Int32Array(0);
  shard = new Uint16Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  readonly #lists: ShardList[] = [];
  #firstFree: SlotId = NO_SLOT;
  #end = 0;

  /** Ids ever given out: a free one may be among them. */
  get end(): number {
    return this.#end;
  }

  /** Every slot there is, by id. */
  *ids(): Generator<SlotId> {
    for (let id = 0; id < this.#end; id++) if (this.isLive(id)) yield id;
  }

  isLive(id: SlotId): boolean {
    return this.shard[id] !== ABSENT;
  }

  idsOf(shard: number): SlotId[] {
    const list = this.#list(shard);
    const ids = new Array<SlotId>(list.count);
    for (let id = list.first, at = 0; id >= 0; id = this.#next[id]!) ids[at++] = id;
    return ids;
  }

  /** At most `limit` slots of a shard that are expired. */
  expiredOf(shard: number, now: number, limit: number): SlotId[] {
    const ids: SlotId[] = [];
    for (let id = this.#list(shard).first; id >= 0 && ids.length < limit; id = this.#next[id]!)
      if (now >= this.expiresAt[id]!) ids.push(id);
    return ids;
  }

  countOf(shard: number): number {
    return this.#list(shard).count;
  }

  bytesOf(shard: number): number {
    return this.#list(shard).bytes;
  }

  take(shard: number, { offset, length }: Place, expiresAt: number): SlotId {
    let id = this.#firstFree;
    if (id === NO_SLOT) {
      id = this.#end;
      this.reserve(1);
      this.#end++;
    } else this.#firstFree = this.#next[id]!;
    this.expiresAt[id] = expiresAt;
    this.#join(id, shard, offset, length);
    return id;
  }

  /** Takes new ids, one after the other, for the lines of a shard that has none; gives the first. */
  takeMany(shard: number, { expiresAt, offset, length }: PlaceList): SlotId {
    const count = offset.length;
    this.reserve(count);
    const first = this.#end;
    this.#end += count;
    this.expiresAt.set(expiresAt, first);
    this.offset.set(offset, first);
    this.length.set(length, first);
    this.sum.fill(0, first, this.#end);
    this.shard.fill(shard, first, this.#end);
    const list = this.#list(shard);
    for (let i = 0; i < count; i++) {
      const id = first + i;
      this.#previous[id] = i === 0 ? NO_SLOT : id - 1;
      this.#next[id] = i === count - 1 ? NO_SLOT : id + 1;
      list.bytes += length[i]! + 1;
    }
    list.first = count === 0 ? NO_SLOT : first;
    list.count = count;
    return first;
  }

  move(id: SlotId, shard: number, { offset, length }: Place): void {
    this.#leave(id);
    this.#join(id, shard, offset, length);
  }

  release(id: SlotId): void {
    this.#leave(id);
    this.shard[id] = ABSENT;
    this.#next[id] = this.#firstFree;
    this.#firstFree = id;
  }

  /** Makes room for so many more new ids. */
  reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.offset.length) return;
    const capacity = roomFor(needed, this.offset.length);
    this.offset = grow(this.offset, capacity);
    this.length = grow(this.length, capacity);
    this.expiresAt = grow(this.expiresAt, capacity);
    this.sum = grow(this.sum, capacity);
    this.shard = grow(this.shard, capacity);
    this.#next = grow(this.#next, capacity);
    this.#previous = grow(this.#previous, capacity);
  }

  #list(shard: number): ShardList {
    const list = this.#lists[shard] ?? { first: NO_SLOT, count: 0, bytes: 0 };
    this.#lists[shard] = list;
    return list;
  }

  #join(id: SlotId, shard: number, offset: number, length: number): void {
    const list = this.#list(shard);
    this.offset[id] = offset;
    this.length[id] = length;
    this.sum[id] = 0;
    this.shard[id] = shard;
    this.#previous[id] = NO_SLOT;
    this.#next[id] = list.first;
    if (list.first >= 0) this.#previous[list.first] = id;
    list.first = id;
    list.count++;
    list.bytes += length + 1;
  }

  #leave(id: SlotId): void {
    const list = this.#list(this.shard[id]!);
    const [before, after] = [this.#previous[id]!, this.#next[id]!];
    if (before >= 0) this.#next[before] = after;
    else list.first = after;
    if (after >= 0) this.#previous[after] = before;
    list.count--;
    list.bytes -= this.length[id]! + 1;
  }
}
