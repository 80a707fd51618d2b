import { hash, type KeyObject } from 'node:crypto';

const HASH_BLOCK = 64;
const DIGEST = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Longest message that is summed up in memory kept for it: a token of a secret of 400 bytes. */
const KEPT = 512;

/**
 * HMAC-SHA256 (RFC 2104) under one key of at most 64 bytes, by two one-shot hashes: `createHmac` makes a stream object a
 * call, which takes more than twice as long as all the hashing of a short message.
 *
 * The padded keys lie in the memory of Buffers: outside the JavaScript heap, and in no rendering. Not re-entrant, as nothing
 * in it waits.
 */
export class HmacKey {
  /** The key under the inner pad, and after it the message. */
  readonly #inner = Buffer.alloc(HASH_BLOCK + KEPT, INNER_PAD);
  /** The key under the outer pad, and after it the inner hash. */
  readonly #outer = Buffer.alloc(HASH_BLOCK + DIGEST, OUTER_PAD);
  /** `#inner` cut to a length, by the length of the message: tokens have few lengths. */
  readonly #cuts: Buffer[] = [];

  constructor(key: KeyObject) {
    const bytes = key.export();
    for (const [at, byte] of bytes.entries()) {
      this.#inner[at]! ^= byte;
      this.#outer[at]! ^= byte;
    }
    bytes.fill(0);
  }

  /** The MAC of the first `length` bytes as a binary string, which is cheaper than a Buffer of its own. */
  mac(bytes: Buffer, length: number): string {
    const message = length <= KEPT ? this.#kept(length) : this.#long(length);
    bytes.copy(message, HASH_BLOCK, 0, length);
    this.#outer.write(hash('sha256', message, 'binary'), HASH_BLOCK, 'latin1');
    if (length > KEPT) message.fill(0, 0, HASH_BLOCK);
    return hash('sha256', this.#outer, 'binary');
  }

  #kept(length: number): Buffer {
    this.#cuts[length] ??= this.#inner.subarray(0, HASH_BLOCK + length);
    return this.#cuts[length];
  }

  #long(length: number): Buffer {
    const message = Buffer.allocUnsafeSlow(HASH_BLOCK + length);
    this.#inner.copy(message, 0, 0, HASH_BLOCK);
    return message;
  }
}
