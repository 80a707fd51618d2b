import { isUtf8 } from 'node:buffer';

const REPLACEMENT = '\uFFFD';

/** Windows-1252 from 0x80 to 0x9f, where Latin-1 has control characters; five of its positions are unassigned. */
const WINDOWS =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/**
 * Decodes a line as UTF-8 or, if that is invalid, as Windows-1252, a superset of Latin-1 in which every byte is a
 * character. Addresses are ASCII, so they come out right whatever the encoding. Linear in the length.
 */
export function decodeLine(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes(REPLACEMENT) || isUtf8(bytes)) return text;
  const units = Buffer.allocUnsafe(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    units.writeUInt16LE(byte >= 0x80 && byte < 0xa0 ? WINDOWS.charCodeAt(byte - 0x80) : byte, 2 * i);
  }
  return units.toString('utf16le');
}
