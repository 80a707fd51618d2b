import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { ProxyRecord } from './record.ts';
import { checksumText } from './record-checksum.ts';

const POLYNOMIAL = 0xedb8_8320;
/** Length of the prefix before the key in the checksum's input: `["`. */
const BEFORE_KEY = 2;
const CHECKSUM = /^[0-9a-f]{8}$/;

const FORWARD = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  return crc;
});
/** The inverse of FORWARD: indexed by the highest byte of a table value, which is unique. */
const BACKWARD = new Int32Array(256);
for (const [byte, step] of FORWARD.entries()) BACKWARD[step >>> 24] = (step << 8) ^ byte;

/** Each byte as JSON prints it in a string. */
const PRINTED = Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 ? Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)) : Buffer.from([byte]),
);

/**
 * By byte: the bits whose flip changes the number of bytes that JSON prints; all bits, if the byte itself is escaped.
 */
const ESCAPING = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let bit = 0; bit < 8; bit++)
    if (PRINTED[byte]!.length > 1 || PRINTED[byte ^ (1 << bit)]!.length > 1) bits |= 1 << bit;
  return bits;
});

const NONE = -1;
/** By byte: the bit whose table value has this lowest byte. The lowest bytes of the eight table values are distinct. */
const BIT_OF = new Int8Array(256).fill(NONE);
for (let bit = 0; bit < 8; bit++) BIT_OF[FORWARD[1 << bit]! & 0xff] = bit;

/**
 * True if flipping a single bit of its key makes a record match a checksum: the record then belongs to another key. Its
 * values must be plain. Throws a CacheValidationError for a value that is not a record.
 *
 * CRC-32 is affine: the checksums of two inputs that differ in one byte differ by an amount that depends only on that
 * difference and on the *number* of bytes that follow. So the difference between actual and expected checksum is
 * carried backwards to each byte of the key and compared there, and no input is checksummed again: the work is linear
 * in the length of the record. Trying each bit would multiply it by the length of the key.
 */
export function hasRottedKey(record: Partial<ProxyRecord>, checksum: unknown): boolean {
  const text = checksumText(record);
  const { key } = record;
  if (typeof key !== 'string' || !key.isWellFormed() || typeof checksum !== 'string' || !CHECKSUM.test(checksum))
    return false;
  const bytes = Buffer.from(key);
  const lengths = bytes.map((byte) => PRINTED[byte]!.length);
  const after = Buffer.byteLength(text) - BEFORE_KEY - lengths.reduce((sum, length) => sum + length, 0);
  const wanted = wantedAt(lengths, back((crc32(text) ^ Number.parseInt(checksum, 16)) | 0, after));
  let sum = carried(-1, Buffer.from(text.slice(0, BEFORE_KEY)));
  for (const [at, byte] of bytes.entries()) {
    const next = carried(sum, PRINTED[byte]!);
    const bit = plainBit(byte, wanted[at]!);
    if (bit !== NONE && isText(bytes, at, bit)) return true;
    for (let bits = ESCAPING[byte]!; bits !== 0; bits &= bits - 1) {
      const lowest = bits & -bits;
      const difference = next ^ carried(sum, PRINTED[byte ^ lowest]!);
      if (difference === wanted[at] && isText(bytes, at, 31 - Math.clz32(lowest))) return true;
    }
    sum = next;
  }
  return false;
}

/**
 * The bit of a byte whose flip makes this difference, if the byte is printed unescaped before and after; NONE if there
 * is none. The checksum of the preceding bytes does not matter then.
 */
function plainBit(byte: number, difference: number): number {
  const bit = BIT_OF[difference & 0xff]!;
  if (bit === NONE || FORWARD[1 << bit] !== difference) return NONE;
  return (ESCAPING[byte]! & (1 << bit)) === 0 ? bit : NONE;
}

/** The wanted difference after each byte of the key, given the one after the last byte. */
function wantedAt(lengths: Uint8Array, last: number): Int32Array {
  const wanted = new Int32Array(lengths.length);
  let difference = last;
  for (let at = lengths.length - 1; at >= 0; at--) {
    wanted[at] = difference;
    difference = back(difference, lengths[at]!);
  }
  return wanted;
}

/** Carries a difference of checksums back over a number of bytes. */
function back(difference: number, bytes: number): number {
  let sum = difference;
  for (let left = bytes; left > 0; left--) sum = BACKWARD[sum >>> 24]! ^ (sum << 8);
  return sum;
}

function carried(from: number, bytes: Uint8Array): number {
  let sum = from;
  for (let at = 0; at < bytes.length; at++) sum = FORWARD[(sum ^ bytes[at]!) & 0xff]! ^ (sum >>> 8);
  return sum;
}

/** True if the key is still valid UTF-8 with this bit flipped. */
function isText(bytes: Buffer, at: number, bit: number): boolean {
  const other = Buffer.from(bytes);
  other[at] = other[at]! ^ (1 << bit);
  return isUtf8(other);
}
