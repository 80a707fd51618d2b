import type { ByteRange } from '../lines/byte-range.ts';
import { capacityFor, grow } from './grow.ts';
import type { RecordId } from './record-id.ts';

/** The shard of an id that is free. */
const ABSENT = 0xffff;

/** Set in a length if the line has a version: no line is nearly as long as that. */
const VERSIONED = 0x80000000;

/** The length of a line, without what else is in the column. */
export function lineLength(length: number): number {
  return length & 0x7fffffff;
}

/** Byte ranges of lines and expiries of their records, in the same order. */
export interface LineColumns {
  readonly expiresAt: Float64Array;
  readonly offset: Float64Array;
  readonly length: Uint32Array;
}

interface ShardTotals {
  count: number;
  /** Bytes of the indexed lines, newlines included. */
  bytes: number;
}

/**
 * The facts about each record, one flat array per fact. Ids of removed records are reused. The records of a shard are
 * found by a pass over all records, which takes a millisecond for a million: a list per shard would cost more to
 * maintain than all those passes.
 */
export class RecordColumns {
  offset = new Float64Array(0);
  /** Length of each line, with a flag: {@link lineLength}. */
  length = new Uint32Array(0);
  expiresAt = new Float64Array(0);
  /** CRC-32 of the line's bytes, set once its values were found to match their checksum; 0 until then. */
  crc = new Int32Array(0);
  shard = new Uint16Array(0);
  readonly #totals: ShardTotals[] = [];
  readonly #free: RecordId[] = [];
  #end = 0;

  /** One more than the largest id ever used; free ids may be below it. */
  get end(): number {
    return this.#end;
  }

  /** Every id in use, ascending. */
  *ids(): Generator<RecordId> {
    for (let id = 0; id < this.#end; id++) if (this.isLive(id)) yield id;
  }

  isLive(id: RecordId): boolean {
    return this.shard[id] !== ABSENT;
  }

  idsOf(shard: number): RecordId[] {
    return this.#some(shard, this.countOf(shard), () => true);
  }

  /** At most `limit` expired records of a shard that satisfy `test`. */
  expiredOf(shard: number, now: number, limit: number, test: (id: RecordId) => boolean): RecordId[] {
    return this.#some(shard, limit, (id) => now >= this.expiresAt[id]! && test(id));
  }

  countOf(shard: number): number {
    return this.#totalsOf(shard).count;
  }

  bytesOf(shard: number): number {
    return this.#totalsOf(shard).bytes;
  }

  take(shard: number, { offset, length }: ByteRange, expiresAt: number): RecordId {
    let id = this.#free.pop();
    if (id === undefined) {
      id = this.#end;
      this.reserve(1);
      this.#end++;
    }
    this.expiresAt[id] = expiresAt;
    this.#join(id, shard, offset, length);
    return id;
  }

  /** Assigns consecutive new ids to lines of a shard, and returns the first. */
  takeMany(shard: number, { expiresAt, offset, length }: LineColumns): RecordId {
    const count = offset.length;
    this.reserve(count);
    const first = this.#end;
    this.#end += count;
    this.expiresAt.set(expiresAt, first);
    this.offset.set(offset, first);
    this.length.set(length, first);
    this.shard.fill(shard, first, this.#end);
    const totals = this.#totalsOf(shard);
    totals.count += count;
    for (let i = 0; i < count; i++) totals.bytes += lineLength(length[i]!) + 1;
    return first;
  }

  /** The line of a record has a version. Forgotten when the record gets another line. */
  setVersioned(id: RecordId): void {
    this.length[id] = this.length[id]! | VERSIONED;
  }

  /** The records of a shard whose lines are not known to have a version. */
  unversionedOf(shard: number): RecordId[] {
    return this.#some(shard, this.countOf(shard), (id) => this.length[id]! < VERSIONED);
  }

  move(id: RecordId, shard: number, { offset, length }: ByteRange): void {
    this.#leave(id);
    this.#join(id, shard, offset, length);
  }

  release(id: RecordId): void {
    this.#leave(id);
    this.shard[id] = ABSENT;
    this.#free.push(id);
  }

  /** Reserves capacity for `count` new ids. */
  reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.offset.length) return;
    const capacity = capacityFor(needed, this.offset.length);
    this.offset = grow(this.offset, capacity);
    this.length = grow(this.length, capacity);
    this.expiresAt = grow(this.expiresAt, capacity);
    this.crc = grow(this.crc, capacity);
    this.shard = grow(this.shard, capacity);
  }

  #some(shard: number, limit: number, test: (id: RecordId) => boolean): RecordId[] {
    const ids: RecordId[] = [];
    if (this.countOf(shard) === 0) return ids;
    const shards = this.shard;
    for (let id = 0; id < this.#end && ids.length < limit; id++) if (shards[id] === shard && test(id)) ids.push(id);
    return ids;
  }

  #totalsOf(shard: number): ShardTotals {
    const totals = this.#totals[shard] ?? { count: 0, bytes: 0 };
    this.#totals[shard] = totals;
    return totals;
  }

  #join(id: RecordId, shard: number, offset: number, length: number): void {
    this.offset[id] = offset;
    this.length[id] = length;
    this.crc[id] = 0;
    this.shard[id] = shard;
    const totals = this.#totalsOf(shard);
    totals.count++;
    totals.bytes += length + 1;
  }

  #leave(id: RecordId): void {
    const totals = this.#totalsOf(this.shard[id]!);
    totals.count--;
    totals.bytes -= lineLength(this.length[id]!) + 1;
  }
}
