import { isUtf8 } from 'node:buffer';

/** Up to this many bytes, checking each in JavaScript is cheaper than a native call. */
const FEW = 256;

/** True if the bytes between two positions are valid UTF-8. */
export function isUtf8At(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > FEW) return isUtf8(bytes.subarray(from, to));
  for (let at = from; at < to; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      at++;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return false;
    const end = at + (first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
    if (end > to || !isSecond(first, bytes[at + 1]!)) return false;
    for (at += 2; at < end; at++) if ((bytes[at]! & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** Excludes overlong forms, surrogates and values beyond U+10FFFF. */
function isSecond(first: number, second: number): boolean {
  if (first === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first === 0xed) return second >= 0x80 && second <= 0x9f;
  if (first === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first === 0xf4) return second >= 0x80 && second <= 0x8f;
  return (second & 0xc0) === 0x80;
}
