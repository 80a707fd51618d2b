import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { areColumnsCredible, type Extras, isExtras } from './check-side-index.ts';
import type { FileStamp, SideIndex } from './side-index-shape.ts';

/** The magic differs between formats and byte orders. */
const MAGIC = Buffer.from(`PWSIDE2${endianness().charAt(0)}`);
const HEADER = 64;
const STAMP_AT = 8;
const COUNT_AT = 40;
const KEY_BYTES_AT = 44;
const EXTRA_BYTES_AT = 48;
const SEED_AT = 52;
const SUM_AT = 56;
/** Two float64 and three 32-bit numbers per record. */
const RECORD_BYTES = 28;

/**
 * Bytes of an empty side index for `count` records; the returned columns are views into them, to be filled before
 * `sealSideIndex`.
 */
export function blankSideIndex(count: number, keyBytes: number, seed: number) {
  const bytes = Buffer.alloc(HEADER + count * RECORD_BYTES + keyBytes);
  bytes.writeUInt32LE(count, COUNT_AT);
  bytes.writeUInt32LE(keyBytes, KEY_BYTES_AT);
  bytes.writeInt32LE(seed, SEED_AT);
  return { bytes, columns: { ...viewsOf(bytes, count, keyBytes), strings: new Map<number, string>() } };
}

/** The complete side index: the filled columns, the other lines, the state of the shard file, and a checksum. */
export function sealSideIndex(bytes: Buffer, stamp: FileStamp, { columns, superseded, foreign }: SideIndex): Buffer {
  const extras: Extras = {
    strings: [...columns.strings],
    superseded: [...superseded].map(([key, ranges]) => [key, [...ranges]]),
    foreign: Array.from(foreign, ({ offset, length }) => ({ offset, length })),
  };
  const extra = Buffer.from(JSON.stringify(extras));
  MAGIC.copy(bytes);
  for (const [at, value] of stampValues(stamp).entries()) bytes.writeBigUInt64LE(value, STAMP_AT + at * 8);
  bytes.writeUInt32LE(extra.length, EXTRA_BYTES_AT);
  const whole = Buffer.concat([bytes, extra]);
  whole.writeUInt32LE(crcOf(whole), SUM_AT);
  return whole;
}

/**
 * The side index in these bytes, if it is undamaged, credible, and of a file in exactly this state; else `undefined`.
 * The bytes are not trusted, as any program may have written them.
 */
export function readSideIndex(bytes: Buffer, stamp: FileStamp): SideIndex | undefined {
  if (bytes.length < HEADER || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return undefined;
  const isSame = stampValues(stamp).every((value, at) => bytes.readBigUInt64LE(STAMP_AT + at * 8) === value);
  const count = bytes.readUInt32LE(COUNT_AT);
  const keyBytes = bytes.readUInt32LE(KEY_BYTES_AT);
  const columnsEnd = HEADER + count * RECORD_BYTES + keyBytes;
  const end = columnsEnd + bytes.readUInt32LE(EXTRA_BYTES_AT);
  if (!isSame || end !== bytes.length || bytes.readUInt32LE(SUM_AT) !== crcOf(bytes)) return undefined;
  const size = Number(stamp.size);
  const extras: unknown = JSON.parse(bytes.toString('utf8', columnsEnd));
  if (!isExtras(extras, count, size)) return undefined;
  const columns = { ...viewsOf(bytes, count, keyBytes), strings: new Map(extras.strings) };
  if (!areColumnsCredible(columns, size)) return undefined;
  return { columns, superseded: new Map(extras.superseded), foreign: extras.foreign };
}

function viewsOf(bytes: Buffer, count: number, keyBytes: number) {
  const { buffer, byteOffset } = bytes;
  let at = byteOffset + HEADER;
  const next = (size: number) => {
    at += size;
    return at - size;
  };
  return {
    seed: bytes.readInt32LE(SEED_AT),
    expiresAt: new Float64Array(buffer, next(count * 8), count),
    offset: new Float64Array(buffer, next(count * 8), count),
    length: new Uint32Array(buffer, next(count * 4), count),
    keyLength: new Uint32Array(buffer, next(count * 4), count),
    hash: new Int32Array(buffer, next(count * 4), count),
    keys: new Uint8Array(buffer, next(keyBytes), keyBytes),
  };
}

function stampValues({ size, mtimeNs, ctimeNs, ino }: FileStamp): bigint[] {
  return [size, mtimeNs, ctimeNs, ino].map((value) => BigInt.asUintN(64, value));
}

/** CRC of everything but the checksum itself. */
function crcOf(bytes: Buffer): number {
  return crc32(bytes.subarray(SUM_AT + 8), crc32(bytes.subarray(0, SUM_AT)));
}
