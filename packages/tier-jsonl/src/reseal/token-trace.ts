import { LONGEST_TRACE, mayHoldToken } from '@pw/cache-models';

/** Bytes that must be seen again with the next piece, so that nothing is missed between the two. */
const OVERLAP = LONGEST_TRACE - 1;

/** Looks for traces of tokens in a long stretch that comes in pieces. */
export class TokenTrace {
  #isFound = false;
  #end = Buffer.alloc(0);

  /** The piece may be used again afterwards. */
  add(piece: Buffer): void {
    if (this.#isFound) return;
    this.#isFound = mayHoldToken(piece) || mayHoldToken(Buffer.concat([this.#end, piece.subarray(0, OVERLAP)]));
    const joined = piece.length >= OVERLAP ? piece : Buffer.concat([this.#end, piece]);
    this.#end = Buffer.from(joined.subarray(Math.max(0, joined.length - OVERLAP)));
  }

  /** Whether there was one, since the last call. */
  take(): boolean {
    const isFound = this.#isFound;
    this.#isFound = false;
    this.#end = Buffer.alloc(0);
    return isFound;
  }
}
