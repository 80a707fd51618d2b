import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { ProxyRecord } from './record.ts';
import { checksumText } from './record-checksum.ts';

const POLYNOMIAL = 0xedb8_8320;
/** What stands before the key in the text that is summed up. */
const BEFORE_KEY = 2;
const CHECKSUM = /^[0-9a-f]{8}$/;

const FORWARD = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
  return sum;
});
/** By its highest byte, which no other one has, the step that leads to a sum. */
const BACKWARD = new Int32Array(256);
for (const [byte, step] of FORWARD.entries()) BACKWARD[step >>> 24] = (step << 8) ^ byte;

/** Each byte as JSON prints it in a text. */
const PRINTED = Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 ? Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)) : Buffer.from([byte]),
);

/** By byte: the bits that, the other way, make of it one that is printed in another number of bytes, or that is so itself. */
const ESCAPING = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let bit = 0; bit < 8; bit++)
    if (PRINTED[byte]!.length > 1 || PRINTED[byte ^ (1 << bit)]!.length > 1) bits |= 1 << bit;
  return bits;
});

const NONE = -1;
/** The bit whose step has this lowest byte, which those of the others have not. */
const BIT_OF = new Int8Array(256).fill(NONE);
for (let bit = 0; bit < 8; bit++) BIT_OF[FORWARD[1 << bit]! & 0xff] = bit;

/**
 * True if one wrong bit in its key is what makes a record not fit a checksum: then it is another key's record. All of its values must be
 * plain ones. Throws a CacheValidationError for what is no record.
 *
 * CRC-32 is affine. Two texts that differ in one byte have sums that differ by what the bytes alone make of the sum so far, carried over the
 * bytes that follow, whatever these are. So the difference that is wanted is carried back to each byte of the key, and no text is summed
 * up again: the work is in proportion to the record, where it would be to its product with the key.
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

/** The bit of a byte that makes this difference, where both are printed as they are: the sum so far makes none then. */
function plainBit(byte: number, difference: number): number {
  const bit = BIT_OF[difference & 0xff]!;
  if (bit === NONE || FORWARD[1 << bit] !== difference) return NONE;
  return (ESCAPING[byte]! & (1 << bit)) === 0 ? bit : NONE;
}

/** The difference that is wanted after each byte of the key, by the one that is wanted after the last. */
function wantedAt(lengths: Uint8Array, last: number): Int32Array {
  const wanted = new Int32Array(lengths.length);
  let difference = last;
  for (let at = lengths.length - 1; at >= 0; at--) {
    wanted[at] = difference;
    difference = back(difference, lengths[at]!);
  }
  return wanted;
}

/** What a difference of sums was so many bytes before. */
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

/** True if the key would still be one with this bit the other way. */
function isText(bytes: Buffer, at: number, bit: number): boolean {
  const other = Buffer.from(bytes);
  other[at] = other[at]! ^ (1 << bit);
  return isUtf8(other);
}
