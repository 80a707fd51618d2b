import { randomBytes } from 'node:crypto';
import { capacityFor, grow } from './grow.ts';
import type { RecordId } from './record-id.ts';

const LATIN1 = 0xff;
/** Length of a key that is kept as a string, because a byte a character does not hold it. */
export const AS_STRING = 0xffff_ffff;
const MAX_BYTES = 0xffff_ffff;
/** A hash and a position below this fit into a number. */
const POSITIONS = 2 ** 21;
/** Keys in an average chain, at most. */
const MOST_A_CHAIN = 1.25;
const PRIME = 0x0100_0193;
/** No chain comes near this by chance. */
export const LONGEST_CHAIN = 64;

/** Keys one after the other: the length of each, their bytes, and those that are kept as strings by position. */
export interface KeyList {
  readonly keyLength: Uint32Array;
  readonly keys: Uint8Array;
  readonly strings: ReadonlyMap<number, string>;
  /** The hashes of the keys, in ascending order of the unsigned numbers; they began with `seed`. */
  readonly hash: Int32Array;
  readonly seed: number;
}

/**
 * Keys to slots: a chained hash table in flat arrays over the bytes of all keys, since an object and a Map's node for each
 * key were most of what a large index cost, to fill and to keep. The hash begins with a number of chance, so that nobody
 * can choose keys that all meet. A side index tells the number that was used; where a chain gets too long all the same, there is a new one.
 */
export class KeyTable {
  #seed = randomBytes(4).readInt32LE();
  /** First slot of each chain plus one; as many chains as a power of two. The high bits of a hash tell its chain. */
  #heads = new Int32Array(64);
  #shift = 32 - 6;
  /** By slot: hash, the next one of the chain plus one, where its key begins and how long it is. */
  #hashes = new Int32Array(0);
  #next = new Int32Array(0);
  #keyAt = new Uint32Array(0);
  #keyLength = new Uint32Array(0);
  #bytes = Buffer.alloc(0);
  #end = 0;
  #garbage = 0;
  readonly #strings = new Map<RecordId, string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(key: string): RecordId {
    const hash = this.#hashOfString(key);
    let steps = 0;
    let id = this.#heads[hash >>> this.#shift]! - 1;
    for (; id >= 0 && !(this.#hashes[id] === hash && this.#isKey(id, key)); steps++) id = this.#next[id]! - 1;
    if (steps > LONGEST_CHAIN) this.#reseed();
    return id;
  }

  /** For `findBytes` and `addBytes`, of a key of one byte a character. */
  hashOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    return mixed(hash);
  }

  /** As `find`, for a key of one byte a character and this hash. The seed may be another one afterwards, and the hash with it. */
  findBytes(hash: number, bytes: Uint8Array, from: number, to: number): RecordId {
    let steps = 0;
    let id = this.#heads[hash >>> this.#shift]! - 1;
    for (; id >= 0 && !(this.#hashes[id] === hash && this.#isBytes(id, bytes, from, to)); steps++)
      id = this.#next[id]! - 1;
    if (steps > LONGEST_CHAIN) this.#reseed();
    return id;
  }

  /** Adds a key that is not there. */
  add(id: RecordId, key: string): void {
    this.#reserve(id);
    const at = this.#end;
    if (isLatin1(key) && this.makeRoom(key.length)) {
      for (let i = 0; i < key.length; i++) this.#bytes[at + i] = key.charCodeAt(i);
      this.#keep(id, at, key.length);
    } else {
      this.#strings.set(id, key);
      this.#keyLength[id] = AS_STRING;
    }
    this.#link(id, this.#hashOfString(key));
  }

  /** As `add`, for a key of one byte a character and this hash. */
  addBytes(id: RecordId, hash: number, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (!this.makeRoom(length)) {
      this.add(id, Buffer.from(bytes.subarray(from, to)).toString('latin1'));
      return;
    }
    this.#reserve(id);
    const at = this.#end;
    for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[from + i]!;
    this.#keep(id, at, length);
    this.#link(id, hash);
  }

  /**
   * Adds the keys of slots from `first` on, in one step, after `makeRoom` for their bytes. False if one of them was there before: then there are two of it,
   * which only `remove` tells apart, by their slots.
   */
  addMany(first: RecordId, list: KeyList): boolean {
    const count = list.keyLength.length;
    this.#reserve(first + count - 1);
    this.#rehash(Math.floor((this.#size + count) / MOST_A_CHAIN));
    // In the order of the hashes, so that all arrays are walked from one end to the other.
    this.#keepMany(first, list);
    const [next, heads, hashes, shift] = [this.#next, this.#heads, this.#hashes, this.#shift];
    let isNew = true;
    for (let id = first; id < first + count; id++) {
      const hash = hashes[id]!;
      const chain = hash >>> shift;
      const head = heads[chain]!;
      for (let other = head - 1; other >= 0; other = next[other]! - 1)
        if (hashes[other] === hash && this.keyOf(other) === this.keyOf(id)) isNew = false;
      next[id] = head;
      heads[chain] = id + 1;
    }
    this.#size += count;
    return isNew;
  }

  /** The number that hashes begin with; a table without keys takes another's. */
  get seed(): number {
    return this.#seed;
  }

  set seed(seed: number) {
    if (this.#size === 0) this.#seed = seed;
  }

  hashOfId(id: RecordId): number {
    return this.#hashes[id]!;
  }

  /** Sorts slots by the hashes of their keys, as `addMany` wants them. */
  sortByHash(ids: RecordId[]): Int32Array {
    if (ids.length > POSITIONS) return Int32Array.from(ids);
    const ranks = Float64Array.from(ids, (id, i) => (this.#hashes[id]! >>> 0) * POSITIONS + i);
    return Int32Array.from(ranks.sort(), (rank) => ids[rank % POSITIONS]!);
  }

  #keepMany(first: RecordId, { keyLength, keys, strings, seed, hash }: KeyList): void {
    this.#bytes.set(keys, this.#end);
    this.#keyLength.set(keyLength, first);
    let at = this.#end;
    for (let i = 0; i < keyLength.length; i++) {
      const length = keyLength[i]!;
      if (length === AS_STRING) this.#strings.set(first + i, strings.get(i)!);
      else {
        this.#keyAt[first + i] = at;
        at += length;
      }
    }
    this.#end = at;
    if (seed === this.#seed) this.#hashes.set(hash, first);
    else this.#hashMany(first, keyLength.length);
  }

  #hashMany(first: RecordId, count: number): void {
    for (let id = first; id < first + count; id++) {
      const [at, length] = [this.#keyAt[id]!, this.#keyLength[id]!];
      this.#hashes[id] =
        length === AS_STRING ? this.#hashOfString(this.#strings.get(id)!) : this.hashOf(this.#bytes, at, at + length);
    }
  }

  /** Copies a key of one byte a character, and gives its length; AS_STRING for another one. */
  copyKey(id: RecordId, target: Uint8Array, at: number): number {
    const length = this.#keyLength[id]!;
    if (length !== AS_STRING) target.set(this.#bytes.subarray(this.#keyAt[id]!, this.#keyAt[id]! + length), at);
    return length;
  }

  /** Bytes of a key of one byte a character; 0 for another one. */
  byteLength(id: RecordId): number {
    const length = this.#keyLength[id]!;
    return length === AS_STRING ? 0 : length;
  }

  remove(id: RecordId): void {
    const chain = this.#hashes[id]! >>> this.#shift;
    let at = this.#heads[chain]! - 1;
    if (at === id) this.#heads[chain] = this.#next[id]!;
    else {
      while (this.#next[at]! - 1 !== id) at = this.#next[at]! - 1;
      this.#next[at] = this.#next[id]!;
    }
    if (this.#keyLength[id] === AS_STRING) this.#strings.delete(id);
    else this.#garbage += this.#keyLength[id]!;
    this.#size--;
  }

  keyOf(id: RecordId): string {
    const length = this.#keyLength[id]!;
    if (length === AS_STRING) return this.#strings.get(id)!;
    const at = this.#keyAt[id]!;
    return this.#bytes.toString('latin1', at, at + length);
  }

  /** True if the bytes of removed keys are worth dropping. */
  get isWasteful(): boolean {
    return this.#garbage > 64 * 1024 && this.#garbage > this.#end / 2;
  }

  /** Drops the bytes of removed keys; `live` are all slots there are. */
  compact(live: Iterable<RecordId>): void {
    const bytes = Buffer.allocUnsafeSlow(capacityFor(this.#end - this.#garbage, 0));
    let end = 0;
    for (const id of live) {
      const length = this.#keyLength[id]!;
      if (length === AS_STRING) continue;
      const at = this.#keyAt[id]!;
      bytes.set(this.#bytes.subarray(at, at + length), end);
      this.#keyAt[id] = end;
      end += length;
    }
    this.#bytes = bytes;
    this.#end = end;
    this.#garbage = 0;
  }

  #keep(id: RecordId, at: number, length: number): void {
    this.#keyAt[id] = at;
    this.#keyLength[id] = length;
    this.#end = at + length;
  }

  /** Takes another number of chance: somebody knew the one there was, and chose keys that meet. */
  #reseed(): void {
    this.#seed = randomBytes(4).readInt32LE();
    const ids: RecordId[] = [];
    for (const head of this.#heads) for (let id = head - 1; id >= 0; id = this.#next[id]! - 1) ids.push(id);
    this.#heads.fill(0);
    for (const id of ids) {
      this.#hashMany(id, 1);
      const chain = this.#hashes[id]! >>> this.#shift;
      this.#next[id] = this.#heads[chain]!;
      this.#heads[chain] = id + 1;
    }
  }

  #link(id: RecordId, hash: number): void {
    this.#hashes[id] = hash;
    this.#rehash(Math.floor(++this.#size / MOST_A_CHAIN));
    const chain = hash >>> this.#shift;
    this.#next[id] = this.#heads[chain]!;
    this.#heads[chain] = id + 1;
  }

  /** Makes as many chains at least. */
  #rehash(chains: number): void {
    if (chains <= this.#heads.length) return;
    const old = this.#heads;
    let count = old.length;
    while (count < chains) count *= 2;
    const heads = new Int32Array(count);
    const shift = Math.clz32(count) + 1;
    for (const head of old) {
      for (let id = head - 1; id >= 0; ) {
        const after = this.#next[id]! - 1;
        const chain = this.#hashes[id]! >>> shift;
        this.#next[id] = heads[chain]!;
        heads[chain] = id + 1;
        id = after;
      }
    }
    this.#heads = heads;
    this.#shift = shift;
  }

  #reserve(id: RecordId): void {
    if (id < this.#hashes.length) return;
    const capacity = capacityFor(id + 1, this.#hashes.length);
    this.#hashes = grow(this.#hashes, capacity);
    this.#next = grow(this.#next, capacity);
    this.#keyAt = grow(this.#keyAt, capacity);
    this.#keyLength = grow(this.#keyLength, capacity);
  }

  /** Makes room at once for about so many keys of so many bytes, whose slots are the first ones. */
  expect(count: number, bytes: number): void {
    this.#reserve(count - 1);
    this.#rehash(Math.floor(count / MOST_A_CHAIN));
    this.makeRoom(bytes);
  }

  /** Makes room for the bytes of keys; false if there can be none. */
  makeRoom(length: number): boolean {
    const needed = this.#end + length;
    if (needed <= this.#bytes.length) return true;
    if (needed > MAX_BYTES) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(capacityFor(needed, this.#bytes.length), MAX_BYTES));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
    return true;
  }

  #isKey(id: RecordId, key: string): boolean {
    const length = this.#keyLength[id]!;
    if (length === AS_STRING) return this.#strings.get(id) === key;
    if (length !== key.length) return false;
    const at = this.#keyAt[id]!;
    for (let i = 0; i < length; i++) if (this.#bytes[at + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #isBytes(id: RecordId, bytes: Uint8Array, from: number, to: number): boolean {
    const length = this.#keyLength[id]!;
    // A key kept as a string may be here for want of room only.
    if (length === AS_STRING) return this.#strings.get(id) === Buffer.from(bytes.subarray(from, to)).toString('latin1');
    if (length !== to - from) return false;
    const at = this.#keyAt[id]!;
    for (let i = 0; i < length; i++) if (this.#bytes[at + i] !== bytes[from + i]) return false;
    return true;
  }

  #hashOfString(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), PRIME);
    return mixed(hash);
  }
}

/** The last steps of MurmurHash3: some of the bits choose the chain. */
function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

function isLatin1(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > LATIN1) return false;
  return true;
}
