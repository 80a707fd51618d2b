import { randomFillSync } from 'node:crypto';

/** Length of an initialisation vector in bytes: the AES block. */
export const IV_LENGTH = 16;

const POOL_LENGTH = 4096;

/**
 * Hands out initialisation vectors. One call for 4 KiB of randomness costs little more than one for 16 bytes, and
 * 16 at a time would be a third of the cost of sealing a short secret.
 * Invariant: no byte is handed out twice; what was handed out is erased from the pool.
 */
export class IvPool {
  readonly #pool = Buffer.alloc(POOL_LENGTH);
  #next = POOL_LENGTH;

  /** Writes a fresh vector to `target` at `offset`. */
  writeTo(target: Buffer, offset: number): void {
    if (this.#next === POOL_LENGTH) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const end = this.#next + IV_LENGTH;
    this.#pool.copy(target, offset, this.#next, end);
    this.#pool.fill(0, this.#next, end);
    this.#next = end;
  }
}
