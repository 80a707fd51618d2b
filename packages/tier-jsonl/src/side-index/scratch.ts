import { capacityFor } from '../index/grow.ts';

/** Reusable memory for reading file after file: allocating it each time costs as much as the reading. */
export class Scratch {
  #bytes = Buffer.alloc(0);

  /** `length` bytes of arbitrary content, valid until the next call. */
  take(length: number): Buffer {
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(capacityFor(length, this.#bytes.length));
    return this.#bytes.subarray(0, length);
  }

  release(): void {
    this.#bytes = Buffer.alloc(0);
  }
}
