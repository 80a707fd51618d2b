import { ignoreRejection } from '../scheduling/ignore-rejection.ts';
import { UnfitFile } from './file-kind.ts';
import type { FileReader } from './file-reader.ts';
import { iteratorOf } from './iterator-of.ts';

/** Reads what somebody else hands out in pieces, such as a stream. */
export class BytesReader implements FileReader {
  readonly size = 0;
  readonly #pieces: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #bytes: { readonly destroy?: () => unknown };
  #rest: Uint8Array = Buffer.alloc(0);

  constructor(bytes: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#bytes = bytes as { readonly destroy?: () => unknown };
    this.#pieces = iteratorOf(bytes instanceof Uint8Array ? [bytes] : bytes);
  }

  /** Rejects with what the iterable throws, and with an UnfitFile for a piece that is no bytes. */
  async read(into: Buffer): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return 0;
      if (!(next.value instanceof Uint8Array))
        throw new UnfitFile('it hands out something else than bytes; a stream must have no encoding set');
      this.#rest = next.value;
    }
    const length = Math.min(this.#rest.length, into.length);
    into.set(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
    return length;
  }

  /** Does not wait for the piece that is under way: a stream may never hand it out. */
  async close(): Promise<void> {
    this.#bytes.destroy?.();
    ignoreRejection(this.#pieces.return?.());
  }
}
