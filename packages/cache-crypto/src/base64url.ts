/** Bytes as base64url with padding: the text form of Fernet keys and tokens. */
export function encodeBase64Url(bytes: Buffer): string {
  const text = bytes.toString('base64url');
  const rest = bytes.length % 3;
  return rest === 0 ? text : rest === 1 ? `${text}==` : `${text}=`;
}

/**
 * The bytes of a base64url text; `undefined` unless it is exactly what {@link encodeBase64Url} writes.
 * Node's decoder passes over foreign characters, both alphabets, missing padding and stray bits after the last byte,
 * so one token would have many spellings. Writing the bytes again and comparing refuses all of these at once.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return encodeBase64Url(bytes) === text ? bytes : undefined;
}
