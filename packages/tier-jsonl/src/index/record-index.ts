import type { EvictionPolicy } from '@pw/cache-models';
import type { ByteRange } from '../lines/byte-range.ts';
import { blankSideIndex } from '../side-index/side-index.ts';
import type { SideColumns } from '../side-index/side-index-shape.ts';
import { EvictionRanking, type Rank } from './eviction-ranking.ts';
import { IdHeap } from './id-heap.ts';
import { AS_STRING, KeyTable } from './key-table.ts';
import { lineLength, RecordColumns } from './record-columns.ts';
import { NO_RECORD, type RecordFacts, type RecordId } from './record-id.ts';

/** Shards of evenly hashed keys differ in size by about this factor. */
const SLACK = 1.05;

/**
 * The newest line of every key, in one table for all shards, so that a read need not know which shard a key belongs to.
 * Beside the hash table (KeyTable) and the facts (RecordColumns), it keeps a heap by expiry, built on first use, and
 * for a tier with a limit an EvictionRanking.
 *
 * Invariant: an id in use is in all of them, a free id in none. Ids are reused: an id is valid only until its key is
 * removed or its shard re-read.
 */
export class RecordIndex {
  readonly #keys = new KeyTable();
  readonly #columns = new RecordColumns();
  readonly #order: EvictionRanking | undefined;
  readonly #shardCount: number;
  /** Built on first use: a large directory opens without it. */
  #expiry: IdHeap | undefined;

  /** Without a policy no eviction order is kept; `shardCount` is how many shards are about to be read. */
  constructor(policy: EvictionPolicy | undefined, shardCount = 1) {
    this.#shardCount = shardCount;
    this.#order = policy === undefined ? undefined : new EvictionRanking(policy);
  }

  /** True if an eviction order is kept, which needs more facts of a record than its expiry. */
  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  /** The id of a key, or {@link NO_RECORD}. */
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
    return { offset: this.#columns.offset[id]!, length: lineLength(this.#columns.length[id]!) };
  }

  offsetOf(id: RecordId): number {
    return this.#columns.offset[id]!;
  }

  lengthOf(id: RecordId): number {
    return lineLength(this.#columns.length[id]!);
  }

  /** Epoch milliseconds. */
  expiresAt(id: RecordId): number {
    return this.#columns.expiresAt[id]!;
  }

  /** CRC-32 of the line's bytes, set once its values were found to match their checksum; 0 until then. */
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

  /** At most `limit` expired records of a shard. */
  expiredOf(
    shard: number,
    now: number,
    limit = Number.POSITIVE_INFINITY,
    test: (id: RecordId) => boolean = () => true,
  ): RecordId[] {
    return this.#columns.expiredOf(shard, now, limit, test);
  }

  countOf(shard: number): number {
    return this.#columns.countOf(shard);
  }

  /** Bytes of a shard's indexed lines, newlines included. */
  bytesOf(shard: number): number {
    return this.#columns.bytesOf(shard);
  }

  /**
   * Adds all records of a shard that has none yet, where no order is kept. If another shard has one of the keys, adds
   * nothing and returns false.
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

  /** A copy of the records of a shard, in the order in which `addShard` adds them fastest. */
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

  /** Adds a key found in a file; `before` is its rank before the file was re-read, if it had one. */
  add(key: string, shard: number, range: ByteRange, facts: RecordFacts, before?: Rank): RecordId {
    const id = this.#insert(key, shard, range, facts.expiresAt);
    this.#order?.found(id, facts, before);
    return id;
  }

  /** Like `add`, for a key in ASCII where no order is kept; NO_RECORD if the key is present. */
  addBytes(bytes: Uint8Array, from: number, to: number, shard: number, range: ByteRange, expiresAt: number): RecordId {
    const { seed } = this.#keys;
    const hash = this.#keys.hashOf(bytes, from, to);
    if (this.#keys.findBytes(hash, bytes, from, to) !== NO_RECORD) return NO_RECORD;
    const id = this.#columns.take(shard, range, expiresAt);
    this.#keys.addBytes(id, seed === this.#keys.seed ? hash : this.#keys.hashOf(bytes, from, to), bytes, from, to);
    this.#expiry?.add(id);
    return id;
  }

  /** Adds a new key of our own, which cannot be evicted before `admit`. */
  addOwn(key: string, shard: number, range: ByteRange, facts: RecordFacts): RecordId {
    const id = this.#insert(key, shard, range, facts.expiresAt);
    this.#order?.addPending(id, facts);
    return id;
  }

  /** Points a key to its newer line; `isUse` if that counts as a use. */
  replace(id: RecordId, shard: number, range: ByteRange, facts: RecordFacts, isUse: boolean): void {
    this.#columns.move(id, shard, range);
    this.#columns.expiresAt[id] = facts.expiresAt;
    this.#expiry?.moved(id);
    if (isUse) this.#order?.replaced(id, facts);
  }

  /** Records that a line has moved within its file. */
  shift(id: RecordId, offset: number): void {
    this.#columns.offset[id] = offset;
  }

  /** Notes that the line of a record has a version, until it gets another line. */
  setVersioned(id: RecordId): void {
    this.#columns.setVersioned(id);
  }

  /** The records of a shard whose lines are not known to have a version. */
  unversionedOf(shard: number): RecordId[] {
    return this.#columns.unversionedOf(shard);
  }

  remove(id: RecordId): void {
    this.#expiry?.remove(id);
    this.#order?.removed(id);
    this.#keys.remove(id);
    this.#columns.release(id);
    if (this.#keys.isWasteful) this.#keys.compact(this.ids());
  }

  /** Removes the records of a shard, and returns their ranks by key where an order is kept. */
  removeShard(shard: number): Map<string, Rank> | undefined {
    const gone = this.#order === undefined ? undefined : new Map<string, Rank>();
    const ids = this.idsOf(shard);
    // Rebuilding the heap is cheaper than removing many ids one by one.
    if (ids.length > 1000) this.#expiry = undefined;
    for (const id of ids) {
      gone?.set(this.keyOf(id), this.#order!.rankOf(id));
      this.remove(id);
    }
    return gone;
  }

  /** Records a read for the eviction order, or `hits` reads that were counted elsewhere. */
  used(id: RecordId, hits?: number): void {
    this.#order?.used(id, hits);
  }

  /** Number of records that compete for room: all but the pending ones. */
  get admittedCount(): number {
    return this.#keys.size - (this.#order?.pendingCount ?? 0);
  }

  /** True for a new key of our own for which no room was made yet. */
  isPending(key: string): boolean {
    const id = this.find(key);
    return id !== NO_RECORD && this.#order?.isPending(id) === true;
  }

  /** Ends the pending state of a record. */
  admit(id: RecordId): void {
    this.#order?.admit(id);
  }

  /** Called once all files are read: from then on, each use changes the eviction order. */
  settle(): void {
    this.#order?.settle(this.ids());
  }

  /** The record to evict next: an expired one if there is any. */
  victim(now: number): RecordId | undefined {
    const soonest = this.#byExpiry().first;
    if (soonest === undefined || now < this.expiresAt(soonest)) return this.#order?.victim;
    const order = this.#order;
    if (order?.hasHeld !== true) return soonest;
    const isExpired = (id: RecordId) => now >= this.expiresAt(id);
    return this.#byExpiry().findWhile(isExpired, (id) => !order.isHeld(id)) ?? order.victim;
  }

  /** Keeps a record from being a victim until `releaseHeld`. */
  hold(id: RecordId): void {
    this.#order?.hold(id);
  }

  /** True if a record is held. */
  get hasHeld(): boolean {
    return this.#order?.hasHeld === true;
  }

  releaseHeld(): void {
    this.#order?.releaseHeld();
  }

  /**
   * Number of live records. Once the heap by expiry is built, the cost is proportional to the number of expired ones.
   */
  liveCount(now: number): number {
    return this.#keys.size - this.#byExpiry().countWhile((id) => now >= this.expiresAt(id));
  }

  /** When the first shard is added, reserves capacity for all of them: they are about equally large. */
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
