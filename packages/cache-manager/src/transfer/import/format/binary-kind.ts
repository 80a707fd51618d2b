/** Kinds of file that a user may mistake for a list, by their first bytes. */
const MAGIC: readonly (readonly [bytes: string, is: string])[] = [
  ['1f8b', 'is compressed (gzip): decompress it first, for example with gunzip'],
  ['504b0304', 'is a ZIP archive or an Excel workbook: unpack it first, or save the sheet as CSV'],
  ['504b0506', 'is an empty ZIP archive'],
  ['fd377a585a00', 'is compressed (xz): decompress it first'],
  ['28b52ffd', 'is compressed (Zstandard): decompress it first'],
  ['425a68', 'is compressed (bzip2): decompress it first'],
  ['377abcaf271c', 'is a 7z archive: unpack it first'],
  ['526172211a07', 'is a RAR archive: unpack it first'],
  ['53514c69746520666f726d6174203300', 'is a SQLite database: export its proxies as CSV or JSON first'],
  ['255044462d', 'is a PDF document: save it as text first'],
  ['d0cf11e0a1b11ae1', 'is an old Excel or Word document: save it as CSV'],
];

/** Bytes inspected for control characters. */
const SAMPLE = 4096;
const BINARY = 'is binary: only lists, CSV, JSON and JSON Lines can be imported';

/** Describes a binary file; `undefined` for text. */
export function binaryKindOf(head: Buffer): string | undefined {
  const start = head.subarray(0, 16).toString('hex');
  // "BZh" could be text, unless a digit and the magic number of a block follow.
  const known = MAGIC.find(
    ([bytes]) => start.startsWith(bytes) && (bytes !== '425a68' || /^425a683\d314159265359/.test(start)),
  );
  return known === undefined ? (isBinary(head.subarray(0, SAMPLE)) ? BINARY : undefined) : known[1];
}

/** Damaged text may contain some control characters; in a binary file they are more than a tenth. */
function isBinary(sample: Buffer): boolean {
  let controls = 0;
  for (const byte of sample) if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) controls++;
  return controls * 10 > sample.length;
}
