/**
 * Maximum length of a key in UTF-8: 4096 bytes. It bounds the work that is done per byte of a key, such as searching
 * for a flipped bit. A lone surrogate counts as three bytes.
 */
export const MAX_KEY_BYTES = 4096;

/** Maximum number of UTF-8 bytes per UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * True for a string of more than {@link MAX_KEY_BYTES} bytes in UTF-8, which every tier refuses with a
 * CacheValidationError; false for any other value.
 *
 * @example
 * isTooLongKey('k'.repeat(4096)); // false
 * isTooLongKey('é'.repeat(4096)); // true: two bytes each
 */
export function isTooLongKey(key: string): boolean {
  // For nearly all keys, the length in units alone shows that they are short enough.
  return (
    typeof key === 'string' && key.length * MAX_BYTES_PER_UNIT > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES
  );
}
