import { StringDecoder } from 'node:string_decoder';

export type Utf16 = 'LE' | 'BE';

/** Two-byte units inspected if there is no byte order mark. */
const SAMPLE = 256;

/**
 * The byte order of UTF-16 text, by its mark or by the zero bytes of ASCII characters; `undefined` for any other file.
 */
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
  // A list is mostly ASCII, and text in any other encoding has no zero bytes.
  if (units < 4 || Math.max(little, big) * 2 < units) return undefined;
  return little > big ? 'LE' : 'BE';
}

/** Converts pieces of UTF-16 text to UTF-8; a lone surrogate becomes U+FFFD. */
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

  /** The rest at the end of the file; an odd last byte is dropped. */
  end(): Buffer {
    return Buffer.from(this.#decoder.end());
  }
}
