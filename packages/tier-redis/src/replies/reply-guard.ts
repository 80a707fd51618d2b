import { MAX_LINE_BYTES, MAX_RECORD_BYTES, MAX_REPLY_BYTES, MAX_REPLY_DEPTH, MAX_REPLY_MEMBERS } from '../limits.ts';

/** Why a reply was refused. */
export type ReplyFault = 'ERR_REPLY_MALFORMED' | 'ERR_REPLY_TOO_LONG' | 'ERR_REPLY_TOO_DEEP';

const CR = 13;
const LF = 10;
const ZERO = 48;
const MINUS = 45;

/** What the line after a type byte announces. */
const Follows = { line: 1, bytes: 2, members: 3, pairs: 4 } as const;

/** Indexed by type byte, for RESP 2 and 3; 0 for a byte that cannot begin a reply. */
const KINDS = new Uint8Array(256);
for (const type of '+-:_#,(') KINDS[type.charCodeAt(0)] = Follows.line;
for (const type of '$!=') KINDS[type.charCodeAt(0)] = Follows.bytes;
for (const type of '*~>') KINDS[type.charCodeAt(0)] = Follows.members;
KINDS['%'.charCodeAt(0)] = Follows.pairs;

/**
 * Follows the bytes from a server and finds the point where they must no longer reach the client's parser. That parser
 * trusts every announced length, and buffers an incomplete reply without limit. Here, lengths and counts are checked as
 * soon as they are announced, before any memory is allocated for them.
 *
 * A state machine that stores only a few numbers. It is in one of three states: between values (`#kind` is 0), in the
 * line that follows a type byte, or inside a string (`#left` > 0).
 */
export class ReplyGuard {
  /** Members still to come, for each list that encloses the current position. */
  readonly #open: number[] = [];
  /** The kind of the value whose line is being read; 0 between values. */
  #kind = 0;
  #lineLength = 0;
  #number = 0;
  #isNegative = false;
  #sawReturn = false;
  /** Bytes of a string still to come, including its line end. */
  #left = 0;
  #bytes = 0;
  #members = 0;

  /** The first fault so far, after which no more bytes may be passed on; `undefined` while there is none. */
  faultIn(chunk: Uint8Array): ReplyFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        at += step;
        this.#left -= step;
        if (this.#left === 0) this.#ended();
        continue;
      }
      const fault = this.#kind === 0 ? this.#begin(chunk[at]!) : this.#line(chunk[at]!);
      if (fault !== undefined) return fault;
      at++;
    }
    return undefined;
  }

  #begin(type: number): ReplyFault | undefined {
    this.#kind = KINDS[type]!;
    if (this.#kind === 0) return 'ERR_REPLY_MALFORMED';
    if (this.#open.length === 0) {
      this.#bytes = 0;
      this.#members = 0;
    }
    this.#lineLength = 0;
    this.#number = 0;
    this.#isNegative = false;
    return undefined;
  }

  #line(byte: number): ReplyFault | undefined {
    if (this.#sawReturn) {
      if (byte !== LF) return 'ERR_REPLY_MALFORMED';
      this.#sawReturn = false;
      return this.#lineEnded();
    }
    if (byte === CR) {
      this.#sawReturn = true;
      return undefined;
    }
    if (++this.#lineLength > MAX_LINE_BYTES) return 'ERR_REPLY_TOO_LONG';
    if (this.#kind === Follows.line) return undefined;
    if (byte === MINUS && this.#lineLength === 1) {
      this.#isNegative = true;
      return undefined;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) return 'ERR_REPLY_MALFORMED';
    this.#number = this.#number * 10 + digit;
    // A number with this many digits exceeds every limit.
    return this.#lineLength > 16 ? 'ERR_REPLY_TOO_LONG' : undefined;
  }

  #lineEnded(): ReplyFault | undefined {
    const kind = this.#kind;
    this.#kind = 0;
    if (kind === Follows.line) return this.#counted(this.#lineLength, 0) ?? this.#ended();
    if (this.#lineLength === 0) return 'ERR_REPLY_MALFORMED';
    if (this.#isNegative) {
      // RESP 2 writes null as -1. The parser would accept any negative number as null.
      return this.#number === 1 && this.#lineLength === 2 ? this.#ended() : 'ERR_REPLY_MALFORMED';
    }
    if (kind === Follows.bytes) {
      if (this.#number > MAX_RECORD_BYTES) return 'ERR_REPLY_TOO_LONG';
      this.#left = this.#number + 2;
      return this.#counted(this.#number, 0);
    }
    const members = kind === Follows.pairs ? this.#number * 2 : this.#number;
    if (members === 0) return this.#ended();
    if (this.#open.length === MAX_REPLY_DEPTH) return 'ERR_REPLY_TOO_DEEP';
    this.#open.push(members);
    return this.#counted(0, members);
  }

  #counted(bytes: number, members: number): ReplyFault | undefined {
    this.#bytes += bytes;
    this.#members += members;
    const isWithin = this.#bytes <= MAX_REPLY_BYTES && this.#members <= MAX_REPLY_MEMBERS;
    return isWithin ? undefined : 'ERR_REPLY_TOO_LONG';
  }

  /** Ends a value, and with it each list of which it is the last member. */
  #ended(): undefined {
    const open = this.#open;
    while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
  }
}
