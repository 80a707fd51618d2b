import { ignoreRejection } from '@pw/cache-models/tier';
import { UnfitFile } from './file-kind.ts';
import type { FileReader } from './file-reader.ts';
import { iteratorOf } from './iterables.ts';

/** Reads bytes that an iterable, such as a stream, yields in pieces. */
export class IterableReader implements FileReader {
  readonly size = 0;
  readonly #pieces: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #bytes: { readonly destroy?: () => unknown };
  #rest: Uint8Array = Buffer.alloc(0);

  constructor(bytes: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#bytes = bytes as { readonly destroy?: () => unknown };
    this.#pieces = iteratorOf(bytes instanceof Uint8Array ? [bytes] : bytes);
  }

  /** Rejects with the error of the iterable, and with an UnfitFile for a piece that is not bytes. */
  async read(into: Buffer): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return 0;
      if (!(next.value instanceof Uint8Array))
        throw new UnfitFile('it yields something other than bytes; do not set an encoding on the stream');
      this.#rest = next.value;
    }
    const length = Math.min(this.#rest.length, into.length);
    into.set(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
    return length;
  }

  /** Does not wait for the pending piece: a stream may never deliver it. */
  async close(): Promise<void> {
    this.#bytes.destroy?.();
    ignoreRejection(this.#pieces.return?.());
  }
}
