import { randomBytes } from 'node:crypto';
import { capacityFor, grow } from './grow.ts';
import type { RecordId } from './record-id.ts';

const LATIN1 = 0xff;
/** Length of a key that is stored as a string, because it has characters beyond Latin-1. */
export const AS_STRING = 0xffff_ffff;
const MAX_BYTES = 0xffff_ffff;
/** A hash and a position below this fit into one double. */
const POSITIONS = 2 ** 21;
/** Largest average length of a chain. */
const MOST_A_CHAIN = 1.25;
const PRIME = 0x0100_0193;
/** No chain gets this long by chance. */
export const LONGEST_CHAIN = 64;

/** Keys back to back: their lengths, their bytes, and the keys that are stored as strings, by position. */
export interface KeyList {
  readonly keyLength: Uint32Array;
  readonly keys: Uint8Array;
  readonly strings: ReadonlyMap<number, string>;
  /** Hashes of the keys, ascending as unsigned numbers; computed with `seed`. */
  readonly hash: Int32Array;
  readonly seed: number;
}

/**
 * A chained hash table from keys to record ids, in flat arrays over the bytes of all keys: an object and a Map node per
 * key would make up most of the time and memory of a large index. The hash starts with a random seed, so that an
 * attacker cannot choose colliding keys. A side index reveals the seed; if a chain nevertheless gets too long, the
 * table switches to a new seed.
 */
export class KeyTable {
  #seed = randomBytes(4).readInt32LE();
  /**
   * First id of each chain plus one. The number of chains is a power of two; the high bits of a hash select its chain.
   */
  #heads = new Int32Array(64);
  #shift = 32 - 6;
  /** By id: hash, next id of the chain plus one, start and length of the key. */
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

  /** Hash for `findBytes` and `addBytes`, of a key with one byte per character. */
  hashOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    return mixed(hash);
  }

  /**
   * Like `find`, for a key with one byte per character and this hash. It may change the seed, and with it all hashes.
   */
  findBytes(hash: number, bytes: Uint8Array, from: number, to: number): RecordId {
    let steps = 0;
    let id = this.#heads[hash >>> this.#shift]! - 1;
    for (; id >= 0 && !(this.#hashes[id] === hash && this.#isBytes(id, bytes, from, to)); steps++)
      id = this.#next[id]! - 1;
    if (steps > LONGEST_CHAIN) this.#reseed();
    return id;
  }

  /** Adds a key that is not present. */
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

  /** Like `add`, for a key with one byte per character and this hash. */
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
   * Adds keys with consecutive ids from `first` on; call `makeRoom` for their bytes first. False if one of them was
   * present: that key is then in the table twice, and only `remove` by id can distinguish the two.
   */
  addMany(first: RecordId, list: KeyList): boolean {
    const count = list.keyLength.length;
    this.#reserve(first + count - 1);
    this.#rehash(Math.floor((this.#size + count) / MOST_A_CHAIN));
    // In hash order, so that all arrays are walked from one end to the other.
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

  /** The seed of the hashes. Only an empty table can adopt another one. */
  get seed(): number {
    return this.#seed;
  }

  set seed(seed: number) {
    if (this.#size === 0) this.#seed = seed;
  }

  hashOfId(id: RecordId): number {
    return this.#hashes[id]!;
  }

  /** Sorts ids by the hashes of their keys, the order that `addMany` expects. */
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

  /** Copies a key with one byte per character and returns its length; AS_STRING for any other key. */
  copyKey(id: RecordId, target: Uint8Array, at: number): number {
    const length = this.#keyLength[id]!;
    if (length !== AS_STRING) target.set(this.#bytes.subarray(this.#keyAt[id]!, this.#keyAt[id]! + length), at);
    return length;
  }

  /** Length in bytes of a key with one byte per character; 0 for any other key. */
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

  /** True if it is worth dropping the bytes of removed keys. */
  get isWasteful(): boolean {
    return this.#garbage > 64 * 1024 && this.#garbage > this.#end / 2;
  }

  /** Drops the bytes of removed keys; `live` are all ids in use. */
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

  /** Switches to a new random seed, because an attacker knew the old one and chose colliding keys. */
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

  /** Grows to at least this many chains. */
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

  /** Reserves capacity for about `count` keys of `bytes` in total, with the lowest ids. */
  expect(count: number, bytes: number): void {
    this.#reserve(count - 1);
    this.#rehash(Math.floor(count / MOST_A_CHAIN));
    this.makeRoom(bytes);
  }

  /** Reserves capacity for the bytes of keys; false if the limit is reached. */
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
    // It may be stored as a string only because there was no room for its bytes.
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

/** The finalizer of MurmurHash3, needed because only some of the bits select the chain. */
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
