import { CacheError, CacheErrorCode, type FieldErrorOptions, Secret } from '@pw/cache-models';

/** A Fernet key as a text, as a Secret, or as the text's ASCII bytes. */
export type FernetKeyInput = string | Secret | Uint8Array;

const FORMAT = '32 bytes as base64url with padding, 44 characters';
const COMMAND = 'npx @pw/cache-cli generate-key';

/** The key's text. Not yet checked; `undefined` for what cannot be a key. */
export function keyText(input: FernetKeyInput): string | undefined {
  if (typeof input === 'string') return input;
  if (Secret.isSecret(input)) return input.reveal();
  // One byte, one character: bytes beyond ASCII stay outside the alphabet and are refused with it.
  return input instanceof Uint8Array ? Buffer.from(input).toString('latin1') : undefined;
}

/** The error for a key that is none. It says where the key came from, what is wanted and how to get it, never the key. */
export function invalidKey(what: string): CacheError {
  return new CacheError(`${what}: wanted ${FORMAT}; make one with \`${COMMAND}\``, {
    code: CacheErrorCode.KEY_INVALID,
  });
}

/** Where a key was given: what the message begins with, the argument that has it, and the error for what no key could be. */
export interface KeySource {
  readonly what: string;
  readonly name: string;
  readonly error: new (message: string, options: FieldErrorOptions) => CacheError;
}

/** The error for what is neither text, Secret nor bytes; it has the code of any other wrong key. */
export function noKey({ what, name, error }: KeySource): CacheError {
  const message = `must be a string, a Secret or bytes: ${FORMAT}; make one with \`${COMMAND}\``;
  return new error(`${what}: ${name}: ${message}`, {
    code: CacheErrorCode.KEY_INVALID,
    problems: [{ path: name, message }],
  });
}
