import { StringDecoder } from 'node:string_decoder';

export type Utf16 = 'LE' | 'BE';

/** Units of two bytes that are looked at where no byte order mark tells. */
const SAMPLE = 256;

/** The byte order of a UTF-16 text by its mark, or by the zeros that ASCII characters have in their upper bytes; `undefined` for any other file. */
export function utf16Of(head: Buffer): Utf16 | undefined {
  if (head.length < 2) return undefined;
  const mark = head.readUInt16BE(0);
  if (mark === 0xfffe) return 'LE';
  if (mark === 0xfeff) return 'BE';
  const units = Math.min(SAMPLE, head.length >> 1);
  let little = 0;
  let big = 0;
  for (let i = 0; i < units; i++) {
    const unit = head.readUInt16LE(2 * i);
    if (unit === 0) return undefined;
    if (unit < 0x80) little++;
    else if ((unit & 0xff) === 0 && unit < 0x8000) big++;
  }
  // Nearly all of a list is ASCII, and a text in another encoding holds no zeros.
  if (units < 4 || Math.max(little, big) * 2 < units) return undefined;
  return little > big ? 'LE' : 'BE';
}

/** Makes UTF-8 of the pieces of a UTF-16 text; a half of a pair that stands alone becomes U+FFFD. */
export class Utf16Transcoder {
  readonly #isBig: boolean;
  readonly #decoder = new StringDecoder('utf16le');
  #odd: Buffer = Buffer.alloc(0);

  constructor(order: Utf16) {
    this.#isBig = order === 'BE';
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.#odd.length === 0 ? chunk : Buffer.concat([this.#odd, chunk]);
    const even = bytes.length & ~1;
    this.#odd = Buffer.from(bytes.subarray(even));
    const units = bytes.subarray(0, even);
    return Buffer.from(this.#decoder.write(this.#isBig ? Buffer.from(units).swap16() : units));
  }

  /** What is left when the file is at its end; a last byte without its other half is nothing. */
  end(): Buffer {
    return Buffer.from(this.#decoder.end());
  }
}
