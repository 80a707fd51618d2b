import { hash, type KeyObject } from 'node:crypto';

const HASH_BLOCK = 64;
const DIGEST = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Maximum length of a message for which the preallocated buffer is used: a token of a secret of 400 bytes. */
const PREALLOCATED = 512;

/**
 * HMAC-SHA256 (RFC 2104) under one key of at most 64 bytes, by two one-shot hashes: `createHmac` creates a stream
 * object per call, which takes more than twice as long as hashing a short message.
 *
 * The padded keys are in the memory of Buffers: outside the JavaScript heap, and shown by no rendering. Not re-entrant,
 * which is safe because it is synchronous.
 */
export class HmacKey {
  /** The key xor the inner pad, followed by the message. */
  readonly #inner = Buffer.alloc(HASH_BLOCK + PREALLOCATED, INNER_PAD);
  /** The key xor the outer pad, followed by the inner hash. */
  readonly #outer = Buffer.alloc(HASH_BLOCK + DIGEST, OUTER_PAD);
  /** Views of `#inner`, by message length: tokens have few different lengths. */
  readonly #cuts: Buffer[] = [];

  constructor(key: KeyObject) {
    const bytes = key.export();
    for (const [at, byte] of bytes.entries()) {
      this.#inner[at]! ^= byte;
      this.#outer[at]! ^= byte;
    }
    bytes.fill(0);
  }

  /** The MAC of the first `length` bytes as a binary string, which is cheaper than a new Buffer. */
  mac(bytes: Buffer, length: number): string {
    const message = length <= PREALLOCATED ? this.#preallocated(length) : this.#long(length);
    bytes.copy(message, HASH_BLOCK, 0, length);
    this.#outer.write(hash('sha256', message, 'binary'), HASH_BLOCK, 'latin1');
    if (length > PREALLOCATED) message.fill(0, 0, HASH_BLOCK);
    return hash('sha256', this.#outer, 'binary');
  }

  #preallocated(length: number): Buffer {
    this.#cuts[length] ??= this.#inner.subarray(0, HASH_BLOCK + length);
    return this.#cuts[length];
  }

  #long(length: number): Buffer {
    const message = Buffer.allocUnsafeSlow(HASH_BLOCK + length);
    this.#inner.copy(message, 0, 0, HASH_BLOCK);
    return message;
  }
}
