import { CacheError, CacheErrorCode, type FieldErrorOptions, Secret } from '@pw/cache-models';

/** A Fernet key as a string, as a Secret, or as the string's ASCII bytes. */
export type FernetKeyInput = string | Secret | Uint8Array;

const FORMAT = '32 bytes as base64url with padding, 44 characters';
const COMMAND = 'npx @pw/cache-cli generate-key';

/** The key as a string, not yet validated; `undefined` for a value of another type. */
export function keyText(input: FernetKeyInput): string | undefined {
  if (typeof input === 'string') return input;
  if (Secret.isSecret(input)) return input.reveal();
  // One character per byte: bytes beyond ASCII are outside the alphabet and refused later.
  return input instanceof Uint8Array ? Buffer.from(input).toString('latin1') : undefined;
}

/**
 * The error for a key of the wrong format. It names the origin of the key, the expected format and the command that
 * makes a key, never the key.
 */
export function invalidKey(what: string): CacheError {
  return new CacheError(`${what}: wanted ${FORMAT}; make one with \`${COMMAND}\``, {
    code: CacheErrorCode.KEY_INVALID,
  });
}

/**
 * Describes where a key was given, for errors: the beginning of the message, the name of the argument, and the class of
 * the error for a value of another type.
 */
export interface KeySource {
  readonly what: string;
  readonly name: string;
  readonly error: new (message: string, options: FieldErrorOptions) => CacheError;
}

/** The error for a value that is neither a string, a Secret nor bytes; it has the code of any other wrong key. */
export function notAKey({ what, name, error }: KeySource): CacheError {
  const message = `must be a string, a Secret or bytes: ${FORMAT}; make one with \`${COMMAND}\``;
  return new error(`${what}: ${name}: ${message}`, {
    code: CacheErrorCode.KEY_INVALID,
    problems: [{ path: name, message }],
  });
}
