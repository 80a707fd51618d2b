import { MAX_KEY_BYTES } from '@pw/cache-models';
import { InstantCutter } from './instant-cutter.ts';
import { isAt } from './is-at.ts';

const OURS = Buffer.from('{"key":"');
const PYTHONS = Buffer.from('{"key": "');
/**
 * Searched without its first two bytes: a search stops at each occurrence of the first byte, and `x` is rare in a
 * record while a quote is not.
 */
const EXPIRY = Buffer.from('xpires_at":');
const BEFORE_EXPIRY = Buffer.from('"e');
/** Searched without its quote, as EXPIRY is, to find a second member named `key`. */
const KEY = Buffer.from('key":');
/** The end of our lines, `"checksum":"01234567"}`, or with a space as Python prints it. */
const CHECKSUM = Buffer.from('"checksum":');
const CHECKSUM_AT = 22;
/** Length of the shortest line that can be cut. */
export const SHORTEST_PLAIN = '{"key":"","expires_at":"2026-01-31T10:00:00Z"}'.length;
const [QUOTE, BACKSLASH, OPEN, CLOSE, SPACE, DELETE] = [0x22, 0x5c, 0x7b, 0x7d, 0x20, 0x7f];

/**
 * Cuts the key and the expiry out of a line that begins and ends as records do, without parsing it. The results are in
 * its fields until the next line: an object per line would be most of the cost of opening a large file.
 */
export class HeadCutter {
  keyStart = 0;
  keyEnd = 0;
  /** Epoch milliseconds. */
  expiresAt = 0;
  readonly #instants = new InstantCutter();
  /**
   * Where the expiry was in the last line, counted from its end: the members after it usually have the same length.
   */
  #fromEnd = 0;

  /**
   * Inspects the bytes `from` to `to`, without surrounding blanks. False if anything is unusual: then only a parser can
   * decide. A quoted name cannot occur inside a value, where its quotes would be escaped. A brace in the middle may
   * start another line whose newline was corrupted.
   */
  cut(bytes: Buffer, from: number, to: number): boolean {
    const keyStart = from + openingAt(bytes, from);
    if (keyStart === from || bytes[to - 1] !== CLOSE) return false;
    let keyEnd = keyStart;
    for (let byte = bytes[keyEnd]!; byte !== QUOTE; byte = bytes[++keyEnd]!)
      if (keyEnd >= to || byte < SPACE || byte >= DELETE || byte === BACKSLASH) return false;
    if (keyEnd - keyStart > MAX_KEY_BYTES || isWithin(bytes.indexOf(OPEN, keyEnd), to)) return false;
    // Only manual editing puts two keys into a line; in a line with a checksum they are detected as damage.
    if (!hasChecksum(bytes, to) && isWithin(bytes.indexOf(KEY, keyEnd), to)) return false;
    const expiresAt = this.#expiry(bytes, keyEnd, to);
    if (expiresAt === undefined) return false;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.expiresAt = expiresAt;
    return true;
  }

  #expiry(bytes: Buffer, from: number, to: number): number | undefined {
    let name = to - this.#fromEnd;
    if (name <= from || !isAt(bytes, EXPIRY, name)) name = indexWithin(bytes, EXPIRY, from, to);
    if (name < 0 || !isAt(bytes, BEFORE_EXPIRY, name - 2)) return undefined;
    this.#fromEnd = to - name;
    let at = name + EXPIRY.length;
    if (bytes[at] === SPACE) at++;
    if (bytes[at++] !== QUOTE) return undefined;
    let end = at;
    while (end < to && bytes[end] !== QUOTE) end++;
    return end === to ? undefined : this.#instants.parse(bytes, at, end);
  }
}

/** Length of the opening of a record; 0 for anything else. */
function openingAt(bytes: Buffer, at: number): number {
  if (isAt(bytes, OURS, at)) return OURS.length;
  return isAt(bytes, PYTHONS, at) ? PYTHONS.length : 0;
}

function hasChecksum(bytes: Buffer, to: number): boolean {
  return isAt(bytes, CHECKSUM, to - CHECKSUM_AT) || isAt(bytes, CHECKSUM, to - CHECKSUM_AT - 1);
}

/** Searches up to `to` only: in a line without the name, `indexOf` would go on through all the following lines. */
function indexWithin(bytes: Buffer, name: Buffer, from: number, to: number): number {
  const at = bytes.subarray(from, to).indexOf(name);
  return at < 0 ? at : from + at;
}

function isWithin(at: number, to: number): boolean {
  return at >= 0 && at < to;
}
