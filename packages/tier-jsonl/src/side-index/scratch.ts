import { capacityFor } from '../index/grow.ts';

/** Memory for what is read, copied and forgotten, file after file: to have it made anew each time costs as much as the reading. */
export class Scratch {
  #bytes = Buffer.alloc(0);

  /** So many bytes of any content, good until the next call. */
  take(length: number): Buffer {
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(capacityFor(length, this.#bytes.length));
    return this.#bytes.subarray(0, length);
  }

  release(): void {
    this.#bytes = Buffer.alloc(0);
  }
}
