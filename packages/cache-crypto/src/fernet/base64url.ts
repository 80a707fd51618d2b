const EQUALS = 0x3d;
/**
 * The characters that may come last before the padding: the second of two that encode one byte, and the third of three
 * that encode two. Their unused bits are zero.
 */
const ENDS_OF_ONE = 'AQgw';
const ENDS_OF_TWO = 'AEIMQUYcgkosw048';

/** Encodes bytes as base64url with padding, the text form of Fernet keys and tokens. */
export function encodeBase64Url(bytes: Buffer): string {
  const text = bytes.toString('base64url');
  const rest = bytes.length % 3;
  return rest === 0 ? text : rest === 1 ? `${text}==` : `${text}=`;
}

/**
 * Decodes base64url; `undefined` unless the text is exactly what {@link encodeBase64Url} returns. Node's decoder skips
 * foreign characters, accepts both alphabets, truncates wide characters to their low byte, and ignores missing padding
 * and stray bits after the last byte: one token would have many spellings. Each of these is refused by a check of its
 * own; encoding the bytes again and comparing would take as long as decoding.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || Buffer.byteLength(text) !== text.length) return undefined;
  const padding = paddingOf(text);
  const bytes = Buffer.from(text, 'base64url');
  // If the decoder has skipped characters, bytes are missing.
  if (bytes.length !== (text.length / 4) * 3 - padding || !hasCleanEnd(text, padding)) return undefined;
  return text.includes('+') || text.includes('/') ? undefined : bytes;
}

function paddingOf(text: string): 0 | 1 | 2 {
  if (text.charCodeAt(text.length - 1) !== EQUALS) return 0;
  return text.charCodeAt(text.length - 2) === EQUALS ? 2 : 1;
}

/** True if the last character before the padding has no bits beyond the last byte. */
function hasCleanEnd(text: string, padding: 0 | 1 | 2): boolean {
  if (padding === 0) return true;
  return (padding === 2 ? ENDS_OF_ONE : ENDS_OF_TWO).includes(text[text.length - padding - 1]!);
}
