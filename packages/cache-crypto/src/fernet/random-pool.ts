import { randomFillSync } from 'node:crypto';

const POOL_LENGTH = 4096;

/**
 * Supplies random bytes from a pool. A call for 4 KiB of randomness costs little more than one for 16 bytes, and a call
 * for each 16 bytes would be a third of the cost of sealing a short secret. Invariant: no byte is supplied twice;
 * supplied bytes are erased from the pool.
 */
export class RandomPool {
  readonly #pool = Buffer.alloc(POOL_LENGTH);
  #next = POOL_LENGTH;

  /** Writes `length` unused random bytes, at most 4096, to `target` at `offset`. */
  writeTo(target: Buffer, offset: number, length: number): void {
    if (this.#next + length > POOL_LENGTH) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const end = this.#next + length;
    this.#pool.copy(target, offset, this.#next, end);
    this.#pool.fill(0, this.#next, end);
    this.#next = end;
  }
}
