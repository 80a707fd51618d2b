import { isAt } from './is-at.ts';

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, DOT] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2b, 0x2e];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, ZERO, NINE, SPACE] = [0x5b, 0x5d, 0x7b, 0x7d, 0x30, 0x39, 0x20];
const [TRUE, FALSE, NULL] = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')];
/** Characters that may follow a backslash, except `u`. */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));
const UNICODE = 0x75;
const NONE = -1;

export interface JsonLimits {
  readonly values?: number;
  /** Nesting depth of non-empty lists and objects. */
  readonly levels?: number;
}

const NO_LIMITS: JsonLimits = {};

/** Called for each member of a top-level object: where its name is, between its quotes, and where its value begins. */
export type MemberVisitor = (bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number) => void;

/**
 * Checks whether bytes are JSON without parsing them. A parser makes an object for each value, and throws on invalid
 * input. That takes microseconds each time, which adds up if there are many short damaged lines.
 */
export class JsonScanner {
  /** True if the last scanned bytes, up to where they turned out not to be JSON, are ASCII. */
  isAscii = true;
  readonly #onMember: MemberVisitor | undefined;
  /**
   * The closing bracket of each open list or object. Never shrunk: growing it again for each line costs more than the
   * rest of a short one.
   */
  readonly #open: number[] = [];

  constructor(onMember?: MemberVisitor) {
    this.#onMember = onMember;
  }

  /**
   * True if the bytes are JSON, an object or a list, that JSON.parse would accept, within the limits. Bytes beyond
   * ASCII are accepted as characters.
   */
  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    { values: most = Infinity, levels }: JsonLimits = NO_LIMITS,
  ): boolean {
    this.isAscii = true;
    let at = from < to && bytes[from]! <= SPACE ? afterSpace(bytes, from, to) : from;
    if (at >= to || (bytes[at] !== OPEN && bytes[at] !== OPEN_LIST)) return false;
    const open = this.#open;
    let depth = 0;
    let values = 0;
    // The checks for blanks are inlined: they are most of the work, and usually find none.
    for (;;) {
      // A value begins here.
      if (++values > most || at >= to) return false;
      const byte = bytes[at]!;
      if (byte === QUOTE) at = this.#afterString(bytes, at, to);
      else if (byte === OPEN || byte === OPEN_LIST) {
        const close = byte === OPEN ? CLOSE : CLOSE_LIST;
        at++;
        if (at < to && bytes[at]! <= SPACE) at = afterSpace(bytes, at, to);
        if (at >= to) return false;
        if (bytes[at] !== close) {
          if (depth === levels) return false;
          open[depth++] = close;
          if (close === CLOSE) at = this.#afterName(bytes, at, to, depth);
          if (at === NONE) return false;
          continue;
        }
        at++;
      } else at = afterScalar(bytes, at, to);
      if (at === NONE) return false;
      if (at < to && bytes[at]! <= SPACE) at = afterSpace(bytes, at, to);
      while (depth > 0 && at < to && bytes[at] === open[depth - 1]) {
        depth--;
        at++;
        if (at < to && bytes[at]! <= SPACE) at = afterSpace(bytes, at, to);
      }
      if (depth === 0) return at === to;
      if (at >= to || bytes[at] !== COMMA) return false;
      at++;
      if (at < to && bytes[at]! <= SPACE) at = afterSpace(bytes, at, to);
      if (open[depth - 1] === CLOSE) at = this.#afterName(bytes, at, to, depth);
      if (at === NONE) return false;
    }
  }

  /** Start of the value of a member whose name starts at `from`. */
  #afterName(bytes: Uint8Array, from: number, to: number, depth: number): number {
    if (from >= to || bytes[from] !== QUOTE) return NONE;
    const end = this.#afterString(bytes, from, to);
    if (end === NONE || end >= to) return NONE;
    const colon = bytes[end] === COLON ? end : afterSpace(bytes, end, to);
    if (colon >= to || bytes[colon] !== COLON) return NONE;
    let at = colon + 1;
    if (at < to && bytes[at]! <= SPACE) at = afterSpace(bytes, at, to);
    if (depth === 1) this.#onMember?.(bytes, from + 1, end - 1, at);
    return at;
  }

  #afterString(bytes: Uint8Array, from: number, to: number): number {
    /** The bitwise or of all bytes. */
    let bits = 0;
    for (let at = from + 1; at < to; at++) {
      const byte = bytes[at]!;
      bits |= byte;
      if (byte === QUOTE) {
        if (bits > 0x7f) this.isAscii = false;
        return at + 1;
      }
      if (byte < SPACE) return NONE;
      if (byte !== BACKSLASH) continue;
      at++;
      if (at < to && ESCAPED.has(bytes[at]!)) continue;
      if (at + 4 >= to || bytes[at] !== UNICODE) return NONE;
      for (const end = at + 4; at < end; at++) if (!isHex(bytes[at + 1]!)) return NONE;
    }
    return NONE;
  }
}

/** Like {@link JsonScanner}, for occasional use. */
export function isJson(bytes: Uint8Array, from: number, to: number, limits?: JsonLimits): boolean {
  return new JsonScanner().scan(bytes, from, to, limits);
}

function afterSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(bytes[at]!)) at++;
  return at;
}

/** True for JSON whitespace. */
export function isSpace(byte: number): boolean {
  return byte <= SPACE && (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function afterScalar(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to) return NONE;
  const byte = bytes[from]!;
  if (byte === MINUS || isDigit(byte)) return afterNumber(bytes, from, to);
  const literal = byte === TRUE[0] ? TRUE : byte === FALSE[0] ? FALSE : NULL;
  const end = from + literal.length;
  return end <= to && isAt(bytes, literal, from) ? end : NONE;
}

function afterNumber(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  let at = first < to && bytes[first] === ZERO ? first + 1 : afterDigits(bytes, first, to);
  if (at !== NONE && at < to && bytes[at] === DOT) at = afterDigits(bytes, at + 1, to);
  if (at === NONE || at >= to || (bytes[at]! | 0x20) !== 0x65) return at;
  at++;
  if (at < to && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
  return afterDigits(bytes, at, to);
}

/** At least one digit. */
function afterDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at]!)) at++;
  return at === from ? NONE : at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
