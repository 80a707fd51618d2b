/**
 * Most bytes of a key in UTF-8: 4096. What is done for each byte of a key, such as looking for the one that rotted, has a bound by that.
 * A lone surrogate counts as three.
 */
export const MAX_KEY_BYTES = 4096;

/** UTF-8 takes no more bytes for one unit of a string. */
const MOST_BYTES_A_UNIT = 3;

/**
 * True for a text, and no other value, of more than {@link MAX_KEY_BYTES} bytes in UTF-8, which every tier refuses with a CacheValidationError.
 *
 * @example
 * isTooLongKey('k'.repeat(4096)); // false
 * isTooLongKey('é'.repeat(4096)); // true: two bytes each
 */
export function isTooLongKey(key: string): boolean {
  // The length alone tells of nearly all keys.
  return (
    typeof key === 'string' && key.length * MOST_BYTES_A_UNIT > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES
  );
}
