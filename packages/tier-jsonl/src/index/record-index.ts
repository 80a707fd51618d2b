import type { EvictionPolicy } from '@pw/cache-models';
import type { ByteRange } from '../lines/byte-range.ts';
import { blankSideIndex } from '../side-index/side-index.ts';
import type { SideColumns } from '../side-index/side-index-shape.ts';
import { EvictionRanking, type Rank } from './eviction-ranking.ts';
import { IdHeap } from './id-heap.ts';
import { AS_STRING, KeyTable } from './key-table.ts';
import { RecordColumns } from './record-columns.ts';
import { NO_RECORD, type RecordFacts, type RecordId } from './record-id.ts';

/** Shards of keys spread by their hashes differ by about so much. */
const SLACK = 1.05;

/**
 * Every key's newest line: one table for all shards, so that a read need not know where a key belongs, with the slots of
 * each shard, their expiry and, for a tier with a limit, the eviction order.
 */
export class RecordIndex {
  readonly #keys = new KeyTable();
  readonly #columns = new RecordColumns();
  readonly #order: EvictionRanking | undefined;
  readonly #shardCount: number;
  /** Made when somebody asks for the first time: a large directory opens without it. */
  #expiry: IdHeap | undefined;

  /** Without a policy no order is kept; `shardCount` is how many shards are about to be read. */
  constructor(policy: EvictionPolicy | undefined, shardCount = 1) {
    this.#shardCount = shardCount;
    this.#order = policy === undefined ? undefined : new EvictionRanking(policy);
  }

  /** True if the facts of a record beyond its expiry are wanted. */
  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  /** The slot of a key, or {@link NO_RECORD}. */
  find(key: string): RecordId {
    return this.#keys.find(key);
  }

  keyOf(id: RecordId): string {
    return this.#keys.keyOf(id);
  }

  shardOf(id: RecordId): number {
    return this.#columns.shard[id]!;
  }

  rangeOf(id: RecordId): ByteRange {
    return { offset: this.#columns.offset[id]!, length: this.#columns.length[id]! };
  }

  offsetOf(id: RecordId): number {
    return this.#columns.offset[id]!;
  }

  lengthOf(id: RecordId): number {
    return this.#columns.length[id]!;
  }

  /** Epoch milliseconds. */
  expiresAt(id: RecordId): number {
    return this.#columns.expiresAt[id]!;
  }

  /** CRC-32 of the line's bytes as they were when its values were found to fit their checksum; 0 before that. */
  crcOf(id: RecordId): number {
    return this.#columns.crc[id]!;
  }

  setCrc(id: RecordId, sum: number): void {
    this.#columns.crc[id] = sum;
  }

  ids(): Iterable<RecordId> {
    return this.#columns.ids();
  }

  idsOf(shard: number): RecordId[] {
    return this.#columns.idsOf(shard);
  }

  /** At most `limit` slots of a shard that are expired. */
  expiredOf(shard: number, now: number, limit = Number.POSITIVE_INFINITY): RecordId[] {
    return this.#columns.expiredOf(shard, now, limit);
  }

  countOf(shard: number): number {
    return this.#columns.countOf(shard);
  }

  /** Bytes of a shard's indexed lines, newlines included. */
  bytesOf(shard: number): number {
    return this.#columns.bytesOf(shard);
  }

  /**
   * Adds all slots of a shard that has none, where no order is kept. False, and nothing added, if another shard has one of
   * the keys.
   */
  addShard(shard: number, columns: SideColumns): boolean {
    if (this.#keys.size === 0) this.#expectAlike(columns);
    this.#keys.seed = columns.seed;
    if (!this.#keys.makeRoom(columns.keys.length)) return false;
    this.#expiry = undefined;
    const isNew = this.#keys.addMany(this.#columns.takeMany(shard, columns), columns);
    if (!isNew) this.removeShard(shard);
    return isNew;
  }

  /** A shard's slots, in the order in which `addShard` takes them fastest. */
  copyShard(shard: number): ReturnType<typeof blankSideIndex> {
    const columns = this.#columns;
    const ids = this.#keys.sortByHash(this.idsOf(shard));
    const keyBytes = ids.reduce((sum, id) => sum + this.#keys.byteLength(id), 0);
    const copy = blankSideIndex(ids.length, keyBytes, this.#keys.seed);
    const { columns: copied } = copy;
    let keysEnd = 0;
    for (const [i, id] of ids.entries()) {
      copied.expiresAt[i] = columns.expiresAt[id]!;
      copied.offset[i] = columns.offset[id]!;
      copied.length[i] = columns.length[id]!;
      copied.hash[i] = this.#keys.hashOfId(id);
      copied.keyLength[i] = this.#keys.copyKey(id, copied.keys, keysEnd);
      if (copied.keyLength[i] === AS_STRING) copied.strings.set(i, this.keyOf(id));
      else keysEnd += copied.keyLength[i]!;
    }
    return copy;
  }

  /** A key that a file was found to hold; `before` is the rank that it had until then, if it had one. */
  add(key: string, shard: number, range: ByteRange, facts: RecordFacts, before?: Rank): void {
    const id = this.#insert(key, shard, range, facts.expiresAt);
    this.#order?.found(id, facts, before);
  }

  /** As `add`, for a key in ASCII, where no order is kept: false if it is there already. */
  addBytes(bytes: Uint8Array, from: number, to: number, shard: number, range: ByteRange, expiresAt: number): boolean {
    const { seed } = this.#keys;
    const hash = this.#keys.hashOf(bytes, from, to);
    if (this.#keys.findBytes(hash, bytes, from, to) !== NO_RECORD) return false;
    const id = this.#columns.take(shard, range, expiresAt);
    this.#keys.addBytes(id, seed === this.#keys.seed ? hash : this.#keys.hashOf(bytes, from, to), bytes, from, to);
    this.#expiry?.add(id);
    return true;
  }

  /** A new key of our own: nothing evicts it before `admit`. */
  addOwn(key: string, shard: number, range: ByteRange, facts: RecordFacts): RecordId {
    const id = this.#insert(key, shard, range, facts.expiresAt);
    this.#order?.addPending(id, facts);
    return id;
  }

  /** Gives a key its newer line; `isUse` if that is a use of it. */
  replace(id: RecordId, shard: number, range: ByteRange, facts: RecordFacts, isUse: boolean): void {
    this.#columns.move(id, shard, range);
    this.#columns.expiresAt[id] = facts.expiresAt;
    this.#expiry?.moved(id);
    if (isUse) this.#order?.replaced(id, facts);
  }

  /** The line of a slot lies elsewhere in its file. */
  shift(id: RecordId, offset: number): void {
    this.#columns.offset[id] = offset;
  }

  remove(id: RecordId): void {
    this.#expiry?.remove(id);
    this.#order?.removed(id);
    this.#keys.remove(id);
    this.#columns.release(id);
    if (this.#keys.isWasteful) this.#keys.compact(this.ids());
  }

  /** Forgets a shard's slots, and gives their ranks back by key where an order is kept. */
  removeShard(shard: number): Map<string, Rank> | undefined {
    const gone = this.#order === undefined ? undefined : new Map<string, Rank>();
    const ids = this.idsOf(shard);
    // To take many out one by one costs more than to make the heap anew.
    if (ids.length > 1000) this.#expiry = undefined;
    for (const id of ids) {
      gone?.set(this.keyOf(id), this.#order!.rankOf(id));
      this.remove(id);
    }
    return gone;
  }

  /** Notes a read; `accessCount` where it is known from outside. */
  used(id: RecordId, accessCount?: number): void {
    this.#order?.used(id, accessCount);
  }

  /** How many slots compete for room: all but those that wait for it. */
  get admittedCount(): number {
    return this.#keys.size - (this.#order?.pendingCount ?? 0);
  }

  /** True for a new key of our own that waits for room. */
  isPending(key: string): boolean {
    const id = this.find(key);
    return id !== NO_RECORD && this.#order?.isPending(id) === true;
  }

  /** A slot of our own has its room. */
  admit(id: RecordId): void {
    this.#order?.admit(id);
  }

  /** All files are read: the order counts from here. */
  settle(): void {
    this.#order?.settle(this.ids());
  }

  /** Which entry goes first: an expired one if there is any. */
  victim(now: number): RecordId | undefined {
    const soonest = this.#byExpiry().first;
    return soonest !== undefined && now >= this.expiresAt(soonest) ? soonest : this.#order?.victim;
  }

  /** Number of entries not expired; costs the number of expired ones, once the order of expiry is known. */
  liveCount(now: number): number {
    return this.#keys.size - this.#byExpiry().countWhile((id) => now >= this.expiresAt(id));
  }

  /** The shards of a directory are of about the same size: room for all of them is made with the first. */
  #expectAlike({ keyLength, keys }: SideColumns): void {
    const count = Math.ceil(keyLength.length * this.#shardCount * SLACK);
    this.#columns.reserve(count);
    this.#keys.expect(count, Math.ceil(keys.length * this.#shardCount * SLACK));
  }

  #byExpiry(): IdHeap {
    this.#expiry ??= IdHeap.of(this.ids(), (a, b) => this.#columns.expiresAt[a]! < this.#columns.expiresAt[b]!);
    return this.#expiry;
  }

  #insert(key: string, shard: number, range: ByteRange, expiresAt: number): RecordId {
    const id = this.#columns.take(shard, range, expiresAt);
    this.#keys.add(id, key);
    this.#expiry?.add(id);
    return id;
  }
}
