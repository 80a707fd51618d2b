import { LONGEST_TRACE, mayHoldToken } from '@pw/cache-models/tier';

/** Bytes of a piece that are inspected again with the next one, so that no token is missed between them. */
const OVERLAP = LONGEST_TRACE - 1;

/** Searches for traces of tokens in a long line that comes in pieces. */
export class TokenTrace {
  #isFound = false;
  #end = Buffer.alloc(0);

  /** The buffer may be reused afterwards. */
  add(piece: Buffer): void {
    if (this.#isFound) return;
    this.#isFound = mayHoldToken(piece) || mayHoldToken(Buffer.concat([this.#end, piece.subarray(0, OVERLAP)]));
    const joined = piece.length >= OVERLAP ? piece : Buffer.concat([this.#end, piece]);
    this.#end = Buffer.from(joined.subarray(Math.max(0, joined.length - OVERLAP)));
  }

  /** Whether one was found since the last call. */
  take(): boolean {
    const isFound = this.#isFound;
    this.#isFound = false;
    this.#end = Buffer.alloc(0);
    return isFound;
  }
}
