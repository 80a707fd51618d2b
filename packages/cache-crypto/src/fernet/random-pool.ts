import { randomFillSync } from 'node:crypto';

const POOL_LENGTH = 4096;

/**
 * Hands out random bytes, a few at a time. One call for 4 KiB of randomness costs little more than one for 16 bytes, and
 * 16 at a time would be a third of the cost of sealing a short secret.
 * Invariant: no byte is handed out twice; what was handed out is erased from the pool.
 */
export class RandomPool {
  readonly #pool = Buffer.alloc(POOL_LENGTH);
  #next = POOL_LENGTH;

  /** Writes `length` fresh bytes, at most 4096, to `target` at `offset`. */
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
